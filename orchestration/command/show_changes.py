"""What diff and what-if print or write: tables of changes, in words, as CSV or as JSON.

Belongs here: the words and the form. Does not belong here: what changed.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from orchestration.command.console import plain_console
from orchestration.errors import SettingsError
from orchestration.table_files import as_objects, private_file, write_csv, write_json

if TYPE_CHECKING:
    from orchestration.changes.diff import Diff
    from orchestration.whatif.standings import WhatIf

FORMS = ("text", "csv", "json")
_MOST_EXAMPLES = 5
_KINDS = {"subject": "subjects", "kpi": "KPIs", "play": "plays"}


def check_form(form: str) -> None:
    """Refuse a form that is none.

    Raises:
        SettingsError: names those that there are.
    """
    if form not in FORMS:
        raise SettingsError(f'--format is "{form}"; it is one of {", ".join(FORMS)}.')


@contextmanager
def text_console(out: Path | None) -> Generator[Console]:
    """Print to a file, or to the terminal."""
    if out is None:
        yield plain_console()
    else:
        with private_file(out) as file:
            yield plain_console(file)  # type: ignore[arg-type]


def write_table(
    form: str, out: Path | None, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Write rows as CSV or JSON to a file, or to standard output."""
    if out is None:
        _write(form, sys.stdout, columns, rows)
    else:
        with private_file(out) as file:
            _write(form, file, columns, rows)


def _write(form: str, out: Any, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    if form == "csv":
        write_csv(out, columns, rows)
    else:
        write_json(out, list(as_objects(columns, rows)))


def show_diff(console: Console, diff: Diff) -> None:
    """Print how much changed of what for which reason, with examples of each kind."""
    console.print(f"{diff.before.name} -> {diff.after.name}, days up to {diff.told_on}")
    counts = diff.counts()
    if not counts:
        console.print("They say the same.")
    for count in counts:
        what = f"{count.items:,} {_KINDS[count.kind]}"
        console.print(f"  {count.cause:<22}  {what}, {count.changes:,} changes")
    for kind in dict.fromkeys(count.kind for count in counts):
        console.print(f"Of {_KINDS[kind]}, for example:")
        for row in diff.rows(_MOST_EXAMPLES, kind):
            _, item, subject, dimension, value, grain, first, until, before, after, cause = row
            which = subject or " ".join(
                part
                for part in (grain, None if dimension == "all" else f"{dimension}={value}")
                if part
            )
            console.print(
                f"  {item}  {which}  {first} to before {until}: {_told(before)} -> {_told(after)} "
                f"({cause})"
            )


def show_what_if(console: Console, found: WhatIf) -> None:
    """Print who would stand elsewhere, which lists would grow or shrink, and examples."""
    share = f" ({found.moved / found.subjects:.1%})" if found.subjects else ""
    console.print(
        f"On {found.as_of} {found.moved:,} of {found.subjects:,} subjects{share} would stand "
        "elsewhere; nothing was published."
    )
    for _, framework, _, before, after, subjects, *_ in found.of_kind("move"):
        console.print(f"  {framework}  {before} -> {after}: {subjects:,}")
    for kind in ("segment", "play"):
        for _, name, _, before, after, *_ in found.of_kind(kind):
            console.print(f"  {kind} {name}: {before} -> {after}")
    for _, framework, subject, before, after, _, why_before, why_after in found.of_kind("example"):
        console.print(f"  {subject} in {framework}: {before} -> {after}")
        console.print(f"    was: {why_before}")
        console.print(f"    would be: {why_after}")


def _told(value: str | None) -> str:
    if value is None:
        return "nothing"
    is_number = "." in value and value.replace(".", "").replace("-", "").isdigit()
    return value.rstrip("0").rstrip(".") if is_number else value
