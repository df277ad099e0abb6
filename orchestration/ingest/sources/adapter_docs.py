"""The documentation page of each adapter, made from its YAML.

Belongs here: the text of the pages. Does not belong here: what a layout means (adapters).
Run as a module, it writes the pages: `python -m orchestration.ingest.sources.adapter_docs`.
"""

from __future__ import annotations

from pathlib import Path

from orchestration.ingest.sources.adapter import Adapter, Layout, load_adapters
from orchestration.settings.paths import DBT_PROJECT_DIR

PAGES_DIR = DBT_PROJECT_DIR / "docs" / "adapters"
_KINDS = {
    "shop": "A shop: its orders, lines and refunds count before those of payments and events.",
    "payment": "A payment provider: its orders count where no shop's lie there.",
    "event": "An event stream: its purchases become orders where no shop's or payments lie there.",
    "mail": "A mail tool: it never fills orders, and its events are no visits.",
}


def page_of(adapter: Adapter) -> str:
    """Return the page of one adapter as Markdown."""
    lines = [f"# {adapter.name}", "", f"{adapter.title}. {_KINDS[adapter.kind]}", ""]
    if adapter.notes:
        lines += [" ".join(adapter.notes.split()), ""]
    lines += ["## Recognised by", ""]
    for role in adapter.roles.values():
        told = " or ".join(_told(layout) for layout in role.layouts)
        lines.append(f"- `{role.name}`: {told}")
    lines += ["", "## Mapping", "", "| source | contract | rule |", "|---|---|---|"]
    lines += [
        f"| {_cell(source)} | {_cell(target)} | {_cell(rule)} |"
        for source, target, rule in adapter.mapping
    ]
    filled = ", ".join(f"`{table}`" for table in adapter.tables)
    lines += ["", f"Fills {filled}.", ""]
    lines += [f"What init and check say of such a file: docs/first_hour.md#{adapter.name}", ""]
    if adapter.personal:
        personal = ", ".join(f"`{name}`" for name in sorted(adapter.personal))
        lines += [
            "Never loaded, besides addresses, names, telephone numbers, cards, notes and IP "
            f"addresses: {personal}.",
            "",
        ]
    return "\n".join(lines)


def _told(layout: Layout) -> str:
    must = ", ".join(" or ".join(f"`{name}`" for name in names) for names in layout.must)
    must_not = ", ".join(f"`{name}`" for name in sorted(layout.must_not))
    return must + (f", without {must_not}" if must_not else "")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def write_pages(directory: Path = PAGES_DIR) -> None:
    """Write every page, and delete those of adapters that are gone."""
    directory.mkdir(parents=True, exist_ok=True)
    for path in directory.glob("*.md"):
        path.unlink()
    for adapter in load_adapters().values():
        (directory / f"{adapter.name}.md").write_text(page_of(adapter), encoding="utf-8")


if __name__ == "__main__":
    write_pages()
