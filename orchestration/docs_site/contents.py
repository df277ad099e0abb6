"""Which pages the site has, in which order, and the Markdown of each.

Belongs here: reading the pages, and making those that follow from files: the KPIs, the rules as
shipped, the marts. Does not belong here: HTML (`site`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.rules.kpi_docs import BLOCKS
from orchestration.rules.seed_rows import read_seed
from orchestration.safe_yaml import parsed as parsed_yaml
from orchestration.settings.paths import DBT_PROJECT_DIR, RULES_DIR

DOCS_DIR = DBT_PROJECT_DIR / "docs"
_BLOCK = re.compile(r"{% docs (\w+) %}\n?(.*?){% enddocs %}", re.DOTALL)
# By who looks for it first; a page that stands in none of these is told under `_OTHER`.
_SECTIONS: Mapping[str, tuple[str, ...]] = {
    "Begin": (
        "overview",
        "for_marketers",
        "for_bi_developers",
        "for_analytics_engineers",
        "tutorial",
    ),
    "Use": ("dashboard", "questions", "plays", "activation", "bi", "semantic", "dagster"),
    "Bring data": ("first_hour", "sources", "raw_contract", "privacy", "faults"),
    "What it means": (
        *("lifecycle_semantics", "kpi_conventions", "customers", "value_models"),
        *("rules", "changes", "glossary"),
    ),
}
_OTHER = "More"
_REFERENCE = "Reference"


@dataclass(frozen=True)
class Page:
    """A page of the site.

    Attributes:
        name: of its file, without a suffix.
        section: under which it is listed.
        title: its first heading.
        text: Markdown.
    """

    name: str
    section: str
    title: str
    text: str


def all_pages(manifest: Mapping[str, Any]) -> list[Page]:
    """Return every page in the order of the contents.

    Args:
        manifest: dbt's manifest.json, which the page of the marts is made from.
    """
    written = {path.stem: _body(path) for path in sorted(DOCS_DIR.glob("*.md"))}
    placed = [
        _page(name, section, written.pop(name))
        for section, names in _SECTIONS.items()
        for name in names
        if name in written
    ]
    others = [_page(name, _OTHER, text) for name, text in written.items()]
    adapters = [
        _page(path.stem, "Adapters", path.read_text(encoding="utf-8"))
        for path in sorted((DOCS_DIR / "adapters").glob("*.md"))
    ]
    made = [
        _page("kpis", _REFERENCE, kpi_dictionary()),
        _page("marts", _REFERENCE, marts(manifest)),
        _page("shipped_rules", _REFERENCE, shipped_rules()),
    ]
    return [*placed, *others, *made, *adapters]


def kpi_dictionary() -> str:
    """Return the docs block of every KPI, one below the other."""
    blocks = _BLOCK.findall(BLOCKS.read_text(encoding="utf-8"))
    told = [
        f"## {name.removeprefix('kpi_')}\n\n{text.strip()}"
        for name, text in blocks
        if name != "kpi_list"
    ]
    return "\n\n".join(["# KPIs", "Made from `seeds/rules/kpis.csv`.", *told])


def shipped_rules() -> str:
    """Return every rule seed as a table, with what its YAML says of it."""
    parts = ["# Rules as shipped", "What `--rules-dir` changes: docs/rules.md."]
    for path in sorted(RULES_DIR.glob("*.csv")):
        seed = read_seed(path)
        described = parsed_yaml(path.with_suffix(".yml").read_text(encoding="utf-8"))
        parts += [f"## {path.stem}", str(described["seeds"][0]["description"]).strip()]
        if path.stem == "kpis":
            parts.append("Its rows are the page of the KPIs.")
        else:
            rows = [[row[name] for name in seed.header] for row in seed.rows]
            parts.append(_table(seed.header, rows))
    return "\n\n".join(parts)


def marts(manifest: Mapping[str, Any]) -> str:
    """Return every mart with its columns, folder by folder."""
    models = [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["path"].startswith("marts/")
    ]
    parts = ["# Marts", "Schema `marts` of the published file; dbt's docs have their lineage."]
    for node in sorted(models, key=lambda node: (node["path"].split("/")[1], node["alias"])):
        columns = node["columns"].values()
        rows = [[column["name"], column["data_type"], column["description"]] for column in columns]
        folder = node["path"].split("/")[1]
        parts += [f"## {node['alias']}", f"Folder `{folder}`. {node['description']}"]
        parts.append(_table(["column", "type", "what it says"], rows))
    return "\n\n".join(parts)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(map(_cell, row)) + " |" for row in (head, *rows)]
    return "\n".join([lines[0], "|---" * len(head) + "|", *lines[1:]])


def _cell(text: str | None) -> str:
    """Return a text within one cell: a table in a description would end the row."""
    return " ".join((text or "").partition("\n|")[0].split()).replace("|", r"\|")


def _body(path: Path) -> str:
    """Return the Markdown of a page, without the marks of a docs block."""
    text = path.read_text(encoding="utf-8")
    found = _BLOCK.search(text)
    return found[2] if found else text


def _page(name: str, section: str, text: str) -> Page:
    heading = re.search(r"^# (.+)$", text, re.MULTILINE)
    return Page(name, section, heading[1] if heading else name, text)
