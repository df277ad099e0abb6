"""What the repository cites is in the repository: pages, headings of pages and docs blocks.

Belongs here: citations in code, descriptions, comments and Markdown. Does not belong here: whether
a page is true (the reference, the laws and the reader decide that), and the generated pages of the
KPIs (test_kpi_docs.py).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from orchestration.command.entry import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
DBT_PROJECT = ROOT / "dbt_project"
PAGES = sorted((DBT_PROJECT / "docs").glob("*.md"))
ROOMS = ("dbt_project", "orchestration", "seeds/rules", "tests")
SUFFIXES = {".csv", ".md", ".py", ".sql", ".toml", ".yaml", ".yml"}
# The first two name pages of their day, and say so; this one invents citations that lead nowhere.
LEFT_OUT = {"DECISIONS.md", "CHANGELOG.md", "tests/unit/test_docs.py"}
# A name in quotes is a path that code reads or writes, or one that a test invents.
PAGE_NAME = re.compile(r"(?<![\w./<>*\"'-])([\w./-]+\.md)(?:#([\w-]+))?(?![\w\"'(])")


def texts() -> Iterator[tuple[str, str]]:
    """Yield path and text of every file of the repository that can cite something."""
    files = [path for path in ROOT.iterdir() if path.is_file()]
    files += [path for room in ROOMS for path in (ROOT / room).rglob("*") if path.is_file()]
    for path in sorted(files):
        name = path.relative_to(ROOT).as_posix()
        is_made = "/target/" in name or "/logs/" in name or "__pycache__" in name
        if path.suffix in SUFFIXES and name not in LEFT_OUT and not is_made:
            # Among the landing files of tests are some of other encodings.
            yield name, path.read_text(encoding="utf-8", errors="replace")


@cache
def pages() -> tuple[str, ...]:
    """Return the path of every Markdown file of the repository."""
    rooms = (*ROOMS, "seeds/sample")
    found = [*ROOT.glob("*.md"), *(path for room in rooms for path in (ROOT / room).rglob("*.md"))]
    return tuple("/" + path.relative_to(ROOT).as_posix() for path in found)


def anchors(text: str) -> set[str]:
    """Return the anchors of the headings of a page, spelled as GitHub spells them."""
    titles = re.findall(r"^#{1,6} (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def dangling(text: str) -> list[str]:
    """Return the citations in a text that lead to no page, or to no heading of it."""
    found: list[str] = []
    for page, anchor in PAGE_NAME.findall(text):
        paths = [path for path in pages() if path.endswith(f"/{page}")]
        headings = {
            name for path in paths for name in anchors((ROOT / path[1:]).read_text("utf-8"))
        }
        if not paths or (anchor and anchor not in headings):
            found.append(f"{page}#{anchor}" if anchor else page)
    return found


def blocks() -> list[str]:
    """Return the name of every docs block of the dbt project."""
    files = DBT_PROJECT.rglob("*.md")
    return [
        name
        for file in files
        for name in re.findall(r"{% docs (\w+) %}", file.read_text(encoding="utf-8"))
    ]


def test_every_citation_leads_to_a_page_and_heading_of_the_repository() -> None:
    cited = {name: PAGE_NAME.findall(text) for name, text in texts()}
    assert sum(map(len, cited.values())) > 50
    lost = {name: dangling(text) for name, text in texts()}
    assert {name: names for name, names in lost.items() if names} == {}


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        ("(docs/lifecycle_semantics.md#health)", []),
        ("dbt_project/docs/kpi_conventions.md, README.md and lifecycle_semantics.md", []),
        ("(docs/lifecycle_semantics.md#wealth)", ["docs/lifecycle_semantics.md#wealth"]),
        ("(lifecycle.md, section 6)", ["lifecycle.md"]),
        ("kpis.md.", ["kpis.md"]),
        ('"page.md"', []),
    ],
)
def test_a_citation_that_leads_nowhere_is_found(text: str, lost: list[str]) -> None:
    assert dangling(text) == lost


def test_every_line_of_the_catalogue_cites_a_heading() -> None:
    with (ROOT / "seeds" / "rules" / "kpis.csv").open(encoding="utf-8", newline="") as file:
        sources = {row["kpi"]: row["source"] for row in csv.DictReader(file)}
    assert len(sources) > 90
    cited = re.compile(r"docs/\w+\.md#[\w-]+")
    assert {kpi: text for kpi, text in sources.items() if not cited.fullmatch(text)} == {}


def test_every_doc_of_a_description_is_a_block() -> None:
    known = blocks()
    assert len(known) == len(set(known))
    cited = {
        name
        for path, text in texts()
        if path.endswith((".yml", ".sql", ".md"))
        for name in re.findall(r"\bdoc\(['\"](\w+)['\"]\)", text)
    }
    assert len(cited) > 50
    assert cited - set(known) == set()


def test_every_page_is_a_block_of_its_own_name() -> None:
    assert len(PAGES) >= 5
    for page in PAGES:
        name = "__overview__" if page.stem == "overview" else page.stem
        assert re.findall(r"{% docs (\w+) %}", page.read_text(encoding="utf-8")) == [name]


def test_links_of_the_front_pages_lead_to_files() -> None:
    front = "".join((ROOT / page).read_text("utf-8") for page in ("README.md", "CONTRIBUTING.md"))
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", front)
    assert "dbt_project/docs/glossary.md" in links
    assert [link for link in links if not (ROOT / link).exists()] == []


def missing_files(text: str) -> list[str]:
    """Return the files of SQL, Python and YAML that a text names and the repository lacks."""
    named = re.findall(r"`([\w./-]+\.(?:py|sql|yml))`", text)
    there = [f"/{name}" for name, _ in texts()]
    return [name for name in named if not any(path.endswith(f"/{name}") for path in there)]


def test_every_source_file_that_a_page_names_is_there() -> None:
    assert missing_files("`int_nobody_wrote_this.sql`, `int_orders.sql`") == [
        "int_nobody_wrote_this.sql"
    ]
    own = {"sources.yml"}  # a user's
    lost = {
        page.name: missing
        for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *PAGES)
        if (missing := sorted(set(missing_files(page.read_text("utf-8"))) - own))
    }
    assert lost == {}


def test_every_command_and_target_that_a_page_types_is_there() -> None:
    typed = [
        line
        for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *PAGES)
        for line in re.findall(r"^(?: {4}(?:\$ )?)?((?:\.venv/bin/)?lifecycle .*|make \w.*)$",
                               page.read_text("utf-8"), re.MULTILINE)
    ]  # fmt: skip
    commands = {line.split()[1] for line in typed if "lifecycle " in line.split("#")[0]}
    targets = {line.split()[1] for line in typed if line.startswith("make ")}
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert len(commands) > 10
    assert {name for name in commands if name[0] != "-"} - COMMANDS.keys() == set()
    assert len(targets) > 3
    assert {name for name in targets if f"\n{name}:" not in makefile} == set()
