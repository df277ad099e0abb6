"""Pages as HTML, and the folder that holds them.

Belongs here: links between pages, the frame around them, writing. Does not belong here: which
pages there are (`contents`), dbt's docs (`dbt_docs`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby, pairwise
from pathlib import Path

import jinja2
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from orchestration.docs_site.contents import Page

INDEX = "overview"
_TEMPLATE = Path(__file__).with_name("page.html.j2")
# A citation in a page or a description: docs/rules.md#patches, with or without backticks.
_CITED = re.compile(r"`?(?:dbt_project/)?(?:docs/)?(?:adapters/)?(\w+)\.md(#[\w-]+)?`?")


def write_site(pages: Sequence[Page], out: Path) -> None:
    """Write a file per page into `out`, which is made; files of the same name are replaced."""
    out.mkdir(parents=True, exist_ok=True)
    loader = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    template = loader.from_string(_TEMPLATE.read_text(encoding="utf-8"))
    names = {page.name for page in pages}
    sections = [(name, list(found)) for name, found in groupby(pages, lambda page: page.section)]
    for page in pages:
        body = Markup(html(page.text, names))  # noqa: S704 - our pages, with HTML in them escaped
        text = template.render(page=page, sections=sections, body=body, file_name=file_name)
        (out / file_name(page.name)).write_text(text, encoding="utf-8")


def file_name(name: str) -> str:
    """Return the file of a page."""
    return "index.html" if name == INDEX else f"{name}.html"


def html(text: str, names: set[str]) -> str:
    """Return a page's body: headings that can be linked to, links to the site's own files.

    Args:
        text: Markdown.
        names: of all pages of the site.
    """
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(text)
    for heading, inline in pairwise(tokens):
        if heading.type == "heading_open":
            heading.attrSet("id", anchor(inline.content))
    for token in tokens:
        token.children = [part for child in token.children or () for part in _linked(child, names)]
    return markdown.renderer.render(tokens, markdown.options, {})


def anchor(heading: str) -> str:
    """Return the anchor of a heading, spelled as GitHub spells it."""
    return re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-")


def _linked(token: Token, names: set[str]) -> list[Token]:
    """Return a piece of text, or its parts where it cites a page; links lead to the site's file."""
    if token.type == "link_open":
        cited = _CITED.fullmatch(str(token.attrs.get("href", "")))
        if cited and cited[1] in names:
            token.attrSet("href", file_name(cited[1]) + (cited[2] or ""))
        return [token]
    if token.type not in {"text", "code_inline"}:
        return [token]
    parts: list[Token] = []
    at = 0
    for cited in _CITED.finditer(token.content):
        if cited[1] in names:
            parts += [
                _text(token.content[at : cited.start()]),
                Token("link_open", "a", 1, {"href": file_name(cited[1]) + (cited[2] or "")}),
                _text(cited[0].strip("`")),
                Token("link_close", "a", -1),
            ]
            at = cited.end()
    return [*parts, _text(token.content[at:])] if parts else [token]


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)
