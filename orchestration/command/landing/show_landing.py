"""What a person reads of `init`, `check` and `map`.

Belongs here: printing the reports on a landing directory. Does not belong here: deciding anything,
or the printing of builds (`console`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from orchestration.command.landing.check import CheckReport, FileReport
from orchestration.command.landing.init import Proposal
from orchestration.command.landing.map_events import UnmappedName

# More names than these hide the columns that are read; raw.schema_log has all of them.
_MOST_NAMES = 12


def show_init(
    console: Console, proposal: Proposal, written: Sequence[Path], *, has_currency: bool
) -> None:
    """Print what was found, what was written, and what to do next."""
    for sentence in proposal.found:
        console.print(sentence)
    for name in proposal.unknown:
        console.print(f"{name}: it has no column names that can be read; it is left out.")
    if proposal.needs_currency and not has_currency:
        console.print(
            "Some orders state no currency: run it again with --currency EUR (or another code), "
            "or write constants: {currency: EUR} into their entry."
        )
    for path in written:
        console.print(f"Written: {path}")
    console.print("Next: lifecycle check, then lifecycle build.")


def show_check(console: Console, report: CheckReport) -> None:
    """Print what a build would load, refuse and ignore, column by column."""
    for file in report.files:
        _show_file(console, file)
    summary = report.summary
    # Each column stands with its file already.
    told = {sentence for result in summary.results for sentence in result.left_out}
    notes = [sentence for sentence in summary.notes if sentence not in told]
    for sentence in (*notes, *summary.problems, *report.period):
        console.print(sentence)
    for sentence in summary.stops:
        console.print(f"A build would stop: {sentence}")
    console.print(
        f"A build would load {summary.rows_loaded:,} rows, skip {summary.rows_duplicate:,} copies "
        f"and refuse {summary.rows_quarantined:,}."
    )


def _show_file(console: Console, file: FileReport) -> None:
    by = f" by {file.adapter}" if file.adapter else ""
    counts = [f"{file.loaded:,} loaded"]
    counts += [f"{file.duplicate:,} copies"] if file.duplicate else []
    counts += [f"{file.quarantined:,} refused"] if file.quarantined else []
    console.print(f"{file.name} → {file.table}{by}: {', '.join(counts)}")
    width = max((len(column.name) for column in file.columns), default=0)
    for column in file.columns:
        filled = "" if column.filled == file.loaded else f"  (in {column.filled:,} rows)"
        console.print(f"  {column.name:<{width}}  {column.example}{filled}".rstrip())
    if file.merged:
        more = f" and {len(file.merged) - _MOST_NAMES:,} more"
        console.print(
            f"  to properties: {', '.join(file.merged[:_MOST_NAMES])}"
            f"{more if len(file.merged) > _MOST_NAMES else ''}"
        )
    for sentence in file.left_out:
        console.print(f"  {sentence.removeprefix(f'{file.name}: ')}")


def show_unmapped(console: Console, names: Sequence[UnmappedName], target: Path | None) -> None:
    """Print the event names that feed nothing, and where the proposed rows were written."""
    if not names:
        console.print("Every event name feeds a signal.")
        return
    width = max(len(unmapped.name) for unmapped in names)
    console.print(f"{len(names):,} event names feed no signal:")
    for unmapped in names:
        meant = f"  {unmapped.signal} (like {unmapped.because})" if unmapped.signal else ""
        counted = f"{unmapped.rows:>9,} rows  {unmapped.persons:>7,} persons"
        console.print(f"  {unmapped.name:<{width}}  {counted}{meant}")
    if target is not None:
        console.print(
            f"Written: {target}; read the new rows, then build with --rules-dir {target.parent}"
        )
    elif any(unmapped.signal for unmapped in names):
        console.print("Next: --write DIR writes the proposed rows into a rules directory.")
