"""What a person reads: progress, reports, tables.

Belongs here: everything that is printed, and nothing that is decided. Does not belong here: reading
databases or files; every function is given what it shows.
"""

from __future__ import annotations

import os
import shlex
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bar
from rich.table import Table
from rich.text import Text

from orchestration.errors import escaped
from orchestration.settings.paths import DEFAULT_STATE_DIR, StateDir

if TYPE_CHECKING:  # so that a short command does not import what a build needs
    from orchestration.command.explain import Evidence, Explanation, Outlook
    from orchestration.command.timeline import Timeline
    from orchestration.pipeline.build import BuildResult
    from orchestration.pipeline.status import StageCount, Status
    from orchestration.privacy.receipt import Receipt

_HEALTHS = ("prospect", "cold", "active", "at_risk", "lapsed")
_NAME_WIDTH = 9
# What a phase is doing that has told nothing yet.
_BEGUN = "begun"


class _PlainConsole(Console):
    """Writes out what a terminal would obey: names of files and ids are other people's."""

    def render_str(self, text: str, **options: Any) -> Text:
        lines = text.split("\n")
        return super().render_str("\n".join(map(escaped, lines)), **options)


def plain_console(stream: TextIO | None = None) -> Console:
    """Return a console that prints texts as they are, since ids may hold brackets or `:email:`."""
    return _PlainConsole(
        file=stream or sys.stdout, highlight=False, markup=False, emoji=False, soft_wrap=True
    )


class ConsoleProgress:
    """One line per phase with counts and seconds; while it lasts a bar, or a line now and then."""

    def __init__(self, console: Console, every_seconds: float = 10) -> None:
        """Show on the console given; where nobody watches, a line every so many seconds."""
        self._console = console
        self._every_seconds = every_seconds
        self._bar: Bar | None = None
        self._ended: threading.Event | None = None
        self._reached = _BEGUN

    def begin(self, phase: str) -> None:
        """Put up a bar when somebody watches, else begin to tell a log how far it is."""
        self._reached = _BEGUN
        if self._console.is_terminal:
            columns = (
                TextColumn(f"{phase:<{_NAME_WIDTH}}"),
                BarColumn(bar_width=30),
                MofNCompleteColumn(),
                TextColumn("{task.description}"),
            )
            self._bar = Bar(*columns, console=self._console, transient=True)
            self._bar.add_task("", total=None)
            self._bar.start()
        else:
            self._ended = threading.Event()
            # A step may take minutes, so that the lines cannot wait for one.
            teller = threading.Thread(target=self._tell, args=(phase, self._ended), daemon=True)
            teller.start()

    def step(self, done: int, total: int, label: str) -> None:
        """Move the bar, or what the next line tells."""
        self._reached = f"{done:,} of {total:,}" + (f", {label}" if label else "")
        if self._bar is not None:
            task = self._bar.tasks[0].id
            self._bar.update(task, completed=done, total=total, description=label)

    def note(self, text: str) -> None:
        """Print the sentence."""
        self._console.print(f"{'note':<{_NAME_WIDTH}}{text}")

    def end(self, phase: str, summary: str, seconds: float) -> None:
        """Print the line of the phase."""
        self.close()
        self._console.print(f"{phase:<{_NAME_WIDTH}}{seconds:6.1f} s  {summary}")

    def close(self) -> None:
        """Take the bar down, or fall silent; a phase that failed leaves nothing behind."""
        if self._ended is not None:
            self._ended.set()
            self._ended = None
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _tell(self, phase: str, ended: threading.Event) -> None:
        began = time.monotonic()
        while not ended.wait(self._every_seconds):
            seconds = time.monotonic() - began
            self._console.print(f"{phase:<{_NAME_WIDTH}}{seconds:6.1f} s  {self._reached} …")


def show_build(
    console: Console,
    result: BuildResult,
    state: StateDir,
    census: Mapping[str, Sequence[StageCount]],
    as_of: object,
    subject_id: str,
) -> None:
    """Print what was built, the stage x health table, where the files are, what to do next."""
    counts = census[result.default_framework]
    for warning in result.warnings:
        console.print(f"warning  {warning}")
    console.print()
    console.print(f"{result.default_framework} at the end of {as_of}, subjects by stage and health")
    console.print(stage_table(result.stages, counts))
    if len(result.frameworks) > 1:
        console.print("Subjects by stage in the other frameworks")
        width = max(map(len, result.frameworks))
        for framework in result.frameworks[1:]:
            stages = ", ".join(_told_stages(census[framework]))
            console.print(f"  {framework:<{width}}  {stages}")
        console.print()
    console.print(f"Database  {state.published_database}  (schema marts, read-only)")
    console.print(f"Parquet   {state.current / 'parquet'}")
    console.print()
    console.print("Next:")
    where = _state_option(state)
    for command in (
        f"explain {shlex.quote(subject_id)}{where}",
        f"status{where}",
        "build --raw-dir DIR --state-dir OTHER_DIR --frameworks all",
    ):
        console.print(f"  {_called_as()} {command}")
    console.print(f"Where to look next, in a browser:  {_dashboard_command(where)}")


def _told_stages(counts: Sequence[StageCount]) -> Iterator[str]:
    for stage in dict.fromkeys(count.stage for count in counts):
        subjects = sum(count.subjects for count in counts if count.stage == stage)
        yield f"{stage} {subjects:,}"


def stage_table(stages: Sequence[str], counts: Sequence[StageCount]) -> Table:
    """Return the stage x health table: every stage and health, zeros included."""
    table = Table(box=None, pad_edge=False, show_footer=True)
    totals = {
        health: sum(count.subjects for count in counts if count.health == health)
        for health in _HEALTHS
    }
    table.add_column("stage", footer="total")
    for health in _HEALTHS:
        name = health.replace("_", " ")
        table.add_column(name, footer=f"{totals[health]:,}", justify="right")
    table.add_column("total", footer=f"{sum(totals.values()):,}", justify="right")
    for stage in stages:
        cells = {count.health: count.subjects for count in counts if count.stage == stage}
        row = [f"{cells.get(health, 0):,}" for health in _HEALTHS]
        table.add_row(stage, *row, f"{sum(cells.values()):,}")
    return table


def show_explanation(console: Console, told: Explanation) -> None:
    """Print an explanation, a line per fact."""
    before = (
        f"{told.previous_stage}, {told.previous_health}"
        if told.previous_stage
        else "nothing, this is the first interval"
    )
    until = f"until {told.valid_to} (exclusive)" if told.valid_to else "and still so"
    _show_pairs(
        console,
        f"{told.subject_id} on {told.on}, {told.framework}",
        (
            ("stage", told.stage),
            ("health", told.health),
            ("interval", f"from {told.valid_from} {until}"),
            ("rule", f"{told.rule} (held on {told.valid_from})"),
            ("movement", f"{told.movement}, cycle {told.cycle}"),
            ("before", before),
            ("next", _next_sentence(told)),
            *((("reason", told.reason),) if told.reason else ()),
            *((("in Italian", told.reason_it),) if told.reason_it else ()),
            *(_outlook_pairs(told.outlook) if told.outlook else ()),
        ),
    )
    if told.evidence:
        _show_pairs(
            console,
            f"Evidence of {told.on}",
            (
                (f"{found.stage}: {found.rule} {found.condition_no}", _evidence_sentence(found))
                for found in told.evidence
            ),
        )


def _outlook_pairs(outlook: Outlook) -> Iterator[tuple[str, str]]:
    for name, value in asdict(outlook).items():
        if value is not None:
            yield name.replace("_", " "), str(value)


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def _evidence_sentence(found: Evidence) -> str:
    window = f" in {found.window_days} days" if found.window_days else ""
    bounds = [f"at least {_plain(found.at_least)}"] if found.at_least is not None else []
    bounds += [f"below {_plain(found.below)}"] if found.below is not None else []
    seen = "nothing" if found.observed is None else _plain(found.observed)
    lacks = "" if found.missing is None else f", {_plain(found.missing)} missing"
    holds = "holds" if found.holds else f"does not hold{lacks}"
    until = f" until {found.stops_holding_on} (exclusive)" if found.stops_holding_on else ""
    behind = f" ({', '.join(found.signals)})" if found.signals else ""
    measured = f"{found.signal} {found.measure}{window}: {seen}, needs {' and '.join(bounds)}"
    return f"{measured}; {holds}{until}{behind}"


def show_timeline(console: Console, told: Timeline) -> None:
    """Print a timeline, a line for each thing that happened, the latest last."""
    shown = len(told.entries)
    part = f"the latest {shown:,} of {told.rows:,}" if shown < told.rows else f"{told.rows:,}"
    table = Table(box=None, pad_edge=False, show_header=False, title_justify="left")
    for justify in ("left", "left", "left", "right", "left"):
        table.add_column(justify=justify, no_wrap=True)
    for entry in told.entries:
        table.add_row(
            f"{entry.occurred_at:%Y-%m-%d %H:%M}",
            entry.kind,
            entry.label,
            "" if entry.value is None else _plain(entry.value),
            f"{entry.source_table}:{entry.source_id}",
        )
    console.print(f"{told.subject_id}, {part} entries, instants in UTC")
    console.print(table)


def show_status(console: Console, status: Status, state: StateDir) -> None:
    """Print a status."""
    if status.running is not None:
        holder = status.running
        console.print(f"A build is running: process {holder.pid}, since {holder.since}.")
    if status.version is None:
        console.print(f"Nothing is published in {state.root}.")
    else:
        if status.damage:
            console.print(status.damage)
        _show_pairs(
            console,
            f"Published: {state.published_database}",
            (
                ("version", status.version),
                *((name, str(value)) for name, value in status.build_info.items()),
            ),
        )
        _show_pairs(
            console, "Marts", ((name, f"{rows:,} rows") for name, rows in status.mart_rows.items())
        )
        _show_pairs(
            console,
            "Kept versions",
            ((name, "current" if name == status.version else "") for name in status.versions),
        )
    _show_pairs(
        console,
        "Ingested",
        (
            (
                table.table,
                f"{table.files:,} files, {table.read:,} rows read = {table.loaded:,} loaded + "
                f"{table.duplicate:,} duplicate + {table.quarantined:,} quarantined"
                + (f" + {table.set_aside:,} set aside" if table.set_aside else ""),
            )
            for table in status.ingested
        ),
    )
    _show_pairs(
        console,
        "Quarantined",
        ((f"{table} {reason}", f"{count:,}") for table, reason, count in status.quarantined),
    )
    for sentence in status.notes:
        console.print(sentence)
    _show_pairs(console, "Left out by staging", status.filtered)
    _show_last_build(console, status)


def _show_last_build(console: Console, status: Status) -> None:
    last = status.last_build
    is_open = last.get("outcome") == "running"
    # The record of a build that runs is told above, by who holds the lock.
    if not last or (is_open and status.running):
        return
    phase = str(last.get("phase") or "none")
    pairs = {"build": str(last.get("build_id"))}
    if is_open:
        pairs["outcome"] = f"killed in the phase {phase}, begun at {last.get('started_at')}"
        pairs["then"] = "what was published stays; the next build needs no manual step"
    else:
        pairs["outcome"] = f"{last.get('outcome')} at {last.get('ended_at')}"
        if last.get("outcome") == "failed":
            pairs |= {"phase": phase, "message": str(last.get("message"))}
    _show_pairs(console, "Last build", pairs.items())


def show_report(console: Console, out: Path, size: int) -> None:
    """Tell where the page lies."""
    console.print(f"The report is {out} ({size / 1024:,.0f} kB); open it in a browser.")


def show_rollback(console: Console, version: str, database: Path) -> None:
    """Print what a rollback did."""
    console.print(f"Current is {version} again; readers of {database} see it from now on.")


def show_receipt(console: Console, receipt: Receipt, state: StateDir) -> None:
    """Tell what an erasure removed, what stays, and where the receipt lies."""
    persons = f"{len(receipt.persons):,} customer ids"
    console.print(
        f"Erased {persons}: {receipt.rows_removed:,} rows of raw, "
        f"{sum(receipt.landing.values()):,} of landing files; "
        f"{receipt.orders_kept:,} booked orders stay as nobody's."
    )
    if receipt.exports:
        console.print(
            f"{len(receipt.exports):,} exports were made since the person was first seen; the "
            "receipt lists them, for whoever holds them."
        )
    console.print(f"The receipt is {state.erasures / receipt.receipt}.json.")
    console.print("The working database is gone; the next build makes it anew.")


def show_error(console: Console, message: str) -> None:
    """Print what went wrong, each sentence on its line."""
    for line in message.split("\n"):
        console.print(line)


def _next_sentence(told: Explanation) -> str:
    if told.next_on is None:
        return "nothing will change if nothing new happens"
    then = f"{told.next_stage}, {told.next_health}"
    if told.happened:
        return f"on {told.next_on} it became {then}"
    return f"on {told.next_on} it becomes {then} if nothing new happens"


def _show_pairs(console: Console, title: str, pairs: Iterable[tuple[str, str]]) -> None:
    listed = list(pairs)
    if not listed:
        return
    width = max(len(name) for name, _ in listed)
    console.print(title)
    for name, value in listed:
        console.print(f"  {name:<{width}}  {value}".rstrip())


def _dashboard_command(where: str) -> str:
    """The Makefile, which says so in the environment, installs what the dashboard needs."""
    if "CALLED_BY_MAKE" not in os.environ:
        return f"{_called_as()} dashboard{where}"
    arguments = f' ARGS="{where.strip()}"' if where else ""
    return f"make dashboard{arguments}"


def _called_as() -> str:
    """The command as it was typed, so that what is printed can be pasted."""
    typed = sys.argv[0]
    return typed if Path(typed).name == "lifecycle" else "lifecycle"


def _state_option(state: StateDir) -> str:
    """The option that makes the printed commands work where they are pasted."""
    if state == StateDir.at(DEFAULT_STATE_DIR):
        return ""
    return f" --state-dir {shlex.quote(str(state.root))}"
