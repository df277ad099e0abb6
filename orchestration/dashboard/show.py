"""What pages are made of: headings, notes, cards, tables, pictures, downloads.

Belongs here: how something is put on a page, safe for any text of the data. Does not belong here:
what is shown (`views`), how a picture looks (`charts`).

Texts of the data never reach Markdown, which would read them: an event called
`![](http://…)` would make the browser ask somebody.
"""

from __future__ import annotations

import csv
import io
import re
from base64 import b64encode
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, nullcontext
from html import escape
from typing import Any

import duckdb
import streamlit as st

from orchestration.pictures.cards import Card
from orchestration.pictures.marks import Chart, spoken
from orchestration.pictures.published import Rows
from orchestration.pictures.words import Words

# A spreadsheet would compute a cell that begins with one of these.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# A text longer than this is a sentence.
_SENTENCE = 40
# A table longer than this scrolls by itself; a shorter one would hide its last few rows.
_ROWS_IN_SIGHT = 20
NO_BREAK = "\u00a0"
_MISSING = re.compile(r"Table with name (\w+)")
_STYLE = """
<style>
.cl-cards {display: grid; gap: .75rem;
  grid-template-columns: repeat(auto-fill, minmax(min(210px, 46%), 1fr))}
.cl-card {border: 1px solid #d9d9d9; border-radius: .5rem; padding: .75rem}
.cl-card h3 {font-size: .95rem; font-weight: 600; margin: 0; padding: 0}
.cl-card .cl-value {font-size: 1.6rem; font-variant-numeric: tabular-nums; line-height: 1.4}
.cl-card p {font-size: .85rem; margin: 0; color: #4d4d4d}
.cl-long-table {max-height: 36rem}
.cl-scroll {overflow: auto; background:
  linear-gradient(to left, white 40%, transparent) right / 3rem 100% no-repeat local,
  linear-gradient(to top, white 40%, transparent) bottom / 100% 3rem no-repeat local,
  linear-gradient(to left, #0003, transparent) right / .8rem 100% no-repeat scroll,
  linear-gradient(to top, #0003, transparent) bottom / 100% .8rem no-repeat scroll}
.cl-scroll:focus-visible, .stApp button:focus-visible, .stApp summary:focus-visible {
  outline: 2px solid #00518f !important}
.cl-table {border-collapse: collapse; font-size: .9rem; width: 100%}
.cl-table th, .cl-table td {padding: .3rem .45rem; border-bottom: 1px solid #e6e6e6;
  text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap}
.cl-table th {font-weight: 600; color: #333; position: sticky; top: 0; background: white;
  white-space: normal; vertical-align: bottom}
.cl-table td:first-child {position: sticky; left: 0; background: white}
.cl-table td.cl-long {white-space: normal; min-width: 16rem}
@media (max-width: 480px) {
  .cl-table {font-size: .8rem} .cl-table th, .cl-table td {padding: .3rem}
}
.cl-table .cl-text {text-align: left}
.cl-card img {max-width: 100%}
.cl-card small {white-space: nowrap}
.cl-facts {display: grid; grid-template-columns: fit-content(45%) 1fr; gap: .3rem 1rem;
  margin: 0 !important; padding: 0 !important; font-size: .9rem}
.cl-facts dt {color: #4d4d4d} .cl-facts dd {margin: 0; overflow-wrap: break-word; min-width: 0}
.cl-note {background: #f4f7fb; border-left: 4px solid #00518f; padding: .6rem .9rem; margin: 0}
.cl-lead {color: #4d4d4d; margin: 0}
.stMainBlockContainer {padding-top: 4.5rem; max-width: 1200px}
</style>
"""


def style() -> None:
    """Give the page its looks."""
    st.html(_STYLE)


def title(text: str, lead: str = "") -> None:
    """Show the heading of a page and a line below."""
    st.html(f'<h1 style="padding:0">{escape(text)}</h1><p class="cl-lead">{escape(lead)}</p>')


def note(text: str) -> None:
    """Say in one sentence why there is nothing to see, or what to mind."""
    st.html(f'<p class="cl-note" role="note">{escape(text)}</p>')


def text(line: str) -> None:
    """Show a sentence, whatever is in it."""
    st.html(f"<p>{escape(line)}</p>")


@contextmanager
def section(words: Words, heading: str, lead: str = "") -> Generator[None]:
    """Put what follows below a heading; what the version does not hold is told in one sentence.

    A mart or column is missing when the version was built before it was thought of.
    """
    lead_line = f'<p class="cl-lead">{escape(lead)}</p>' if lead else ""
    st.html(f'<h2 style="padding:.75rem 0 0">{escape(heading)}</h2>{lead_line}')
    try:
        yield
    except duckdb.CatalogException as error:
        found = _MISSING.search(str(error))
        note(words("mart_missing", mart=found[1] if found else "?"))
    except duckdb.BinderException:
        note(words("column_missing"))


def cards(shown: Sequence[Card]) -> None:
    """Show numbers side by side, as many as there is room for."""
    st.html(f'<div class="cl-cards">{"".join(map(_card, shown))}</div>')


def facts(pairs: Sequence[tuple[str, str]]) -> None:
    """Show what is said of one thing, name by name."""
    lines = "".join(f"<dt>{escape(name)}</dt><dd>{_breakable(told)}</dd>" for name, told in pairs)
    st.html(f'<dl class="cl-facts">{lines}</dl>')


def table(
    head: Sequence[str], rows: Sequence[Sequence[str]], texts: int = 1, last_texts: int = 0
) -> None:
    """Show a table; it scrolls by itself where the screen is narrow.

    Args:
        head: column heads.
        rows: cells, as they are read.
        texts: how many columns, from the left, are texts; the others are numbers,
        last_texts: but for as many on the right.
    """
    left, right = range(texts), range(len(head) - last_texts, len(head))

    def line(cells: Sequence[str], tag: str) -> str:
        return "".join(
            f'<{tag} class="{_kind(cell, place in left or place in right)}">{escape(cell)}</{tag}>'
            for place, cell in enumerate(cells)
        )

    body = "".join(f"<tr>{line(row, 'td')}</tr>" for row in rows)
    scroll = "cl-scroll cl-long-table" if len(rows) > _ROWS_IN_SIGHT else "cl-scroll"
    st.html(
        f'<div class="{scroll}" tabindex="0"><table class="cl-table"><thead><tr>'
        f"{line(head, 'th')}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def picture(
    chart: Chart,
    words: Words,
    describe: str,
    as_table: Callable[[], None],
    *,
    is_open: bool = False,
) -> None:
    """Show a chart as wide as there is room, and below it the same as a table, for who asks.

    Args:
        chart: the specification.
        words: the language.
        describe: what it shows, for those who do not see it.
        as_table: shows the table, since there is no picture without one.
        is_open: whether everybody sees the table, as it tells more than the picture.
    """
    spec = {name: part for name, part in spoken(chart, words).items() if name != "width"}
    spec["autosize"] = {"type": "fit-x", "contains": "padding"}
    st.vega_lite_chart(  # pyright: ignore[reportUnknownMemberType]
        spec=spec, width="stretch", theme=None, alt=describe
    )
    with nullcontext() if is_open else st.expander(words("as_table")):
        as_table()


def download(words: Words, name: str, rows: Callable[[], Rows]) -> None:
    """Offer rows as a CSV file that no spreadsheet computes anything of.

    Args:
        words: the language.
        name: of the file.
        rows: asks for them; nobody asks before somebody wants the file.
    """
    st.download_button(
        words("download"),
        data=lambda: csv_text(rows()).encode("utf-8-sig"),
        file_name=f"{name}.csv",
        mime="text/csv",
        on_click="ignore",
        key=f"download_{name}",
    )


def csv_text(rows: Rows) -> str:
    """Return CSV in which a text that would be a formula begins with an apostrophe."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(rows[0] if rows else ())
    writer.writerows([[_harmless(cell) for cell in row.values()] for row in rows])
    return file.getvalue()


def _harmless(cell: Any) -> Any:
    if isinstance(cell, str) and cell.startswith(_FORMULA):
        return f"'{cell}"
    return "" if cell is None else cell


def _kind(cell: str, is_text: bool) -> str:
    """Numbers and short texts stay on one line; a sentence may take several."""
    if not is_text:
        return "cl-number"
    return "cl-text cl-long" if len(cell) > _SENTENCE else "cl-text"


def _card(card: Card) -> str:
    style = f'style="color:{card.colour};font-weight:600"'
    verdict = f"<p {style}>{escape(card.verdict)}</p>" if card.verdict else ""
    notes = "".join(f"<p>{_unbroken(line)}</p>" for line in card.notes)
    return (
        f'<div class="cl-card" title="{escape(card.definition)}"><h3>{escape(card.title)}</h3>'
        f'<div><span class="cl-value">{escape(card.value)}</span> '
        f"<small>{escape(card.month)}</small></div>{_image(card.picture)}{notes}{verdict}</div>"
    )


def _breakable(told: str) -> str:
    """Let a long name of the data go on in the next line behind an underscore."""
    return escape(told).replace("_", "_<wbr>")


def _unbroken(line: str) -> str:
    """Keep a number and its unit on one line; before them there is room to break."""
    words, colon, number = line.partition(": ")
    return escape(f"{words}{colon}{number.replace(' ', NO_BREAK)}")


def _image(svg: str) -> str:
    """Streamlit strips SVG from HTML, but not what an image is made from."""
    if not svg:
        return ""
    data = b64encode(svg.encode()).decode()
    return f'<img alt="" src="data:image/svg+xml;base64,{data}">'
