"""What is printed while a build runs and when it ends."""

import io
import re
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.table import Table

from orchestration.command.console import ConsoleProgress, plain_console, show_build, show_error
from orchestration.pipeline.status import StageCount
from orchestration.settings.paths import DEFAULT_STATE_DIR, REPO_ROOT, StateDir


class Heard(io.StringIO):
    """A stream that says when it was written to."""

    def __init__(self) -> None:
        """Nothing was written yet."""
        super().__init__()
        self.written = threading.Event()

    def write(self, text: str) -> int:
        """Write, and tell of a line that is whole."""
        count = super().write(text)
        if "\n" in text:
            self.written.set()
        return count


def test_where_nobody_watches_the_counts_are_told_now_and_then() -> None:
    heard = Heard()
    progress = ConsoleProgress(plain_console(heard), every_seconds=0.02)
    progress.begin("ingest")
    progress.step(1, 1200, "events.csv")
    assert heard.written.wait(10)
    progress.end("ingest", "1,200 new files", 1.0)
    before = heard.getvalue()
    assert before.startswith("ingest")
    assert "1 of 1,200, events.csv …\n" in before
    time.sleep(0.1)
    assert heard.getvalue() == before


def test_a_short_phase_is_one_line() -> None:
    heard = Heard()
    progress = ConsoleProgress(plain_console(heard))
    progress.begin("gate")
    progress.end("gate", "383 checks passed", 1.0)
    assert heard.getvalue() == "gate        1.0 s  383 checks passed\n"


@pytest.mark.parametrize("others", [(), ("six_stage", "b2b")])
def test_the_report_shows_every_framework_that_was_built(others: tuple[str, ...]) -> None:
    heard = Heard()
    result: Any = SimpleNamespace(
        warnings=(), default_framework="main", stages=("low", "high"), frameworks=("main", *others)
    )
    counts = (StageCount("low", "active", 1200), StageCount("low", "lapsed", 3))
    census = {name: (*counts, StageCount("high", "", 0)) for name in result.frameworks}
    state = StateDir(Path("/srv/state"))
    show_build(plain_console(heard), result, state, census, "2026-01-31", "customer:1")
    told = heard.getvalue()
    for name in others:
        assert f"  {name:<9}  low 1,203, high 0\n" in told
    assert ("other frameworks" in told) == bool(others)
    assert told.index("main at the end of") < told.index("Database")


@pytest.mark.parametrize(
    ("environment", "root", "command"),
    [
        ({}, "/srv/state", "lifecycle dashboard --state-dir /srv/state"),
        ({}, DEFAULT_STATE_DIR, "lifecycle dashboard"),
        ({"CALLED_BY_MAKE": "1"}, "/srv/state", 'make dashboard ARGS="--state-dir /srv/state"'),
        ({"CALLED_BY_MAKE": "1"}, DEFAULT_STATE_DIR, "make dashboard"),
    ],
)
def test_who_has_built_is_told_how_to_open_the_dashboard_the_way_they_called(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], root: str, command: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    heard = Heard()
    result: Any = SimpleNamespace(
        warnings=(), default_framework="main", stages=("low",), frameworks=("main",)
    )
    census = {"main": (StageCount("low", "active", 1),)}
    state = StateDir.at(Path(root))
    show_build(plain_console(heard), result, state, census, "2026-01-31", "customer:1")
    last = heard.getvalue().rstrip().splitlines()[-1]
    assert last == f"Where to look next, in a browser:  {command}"


def test_make_says_that_it_called() -> None:
    makefile = (REPO_ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^demo build: export CALLED_BY_MAKE := 1$", makefile, re.MULTILINE)


def test_names_of_others_cannot_move_the_cursor_or_colour_the_screen() -> None:
    heard = io.StringIO()
    console = plain_console(heard)
    console.print("orders\x1b[2J\x07.csv, x\u202ey\nsecond line, caffè [bold]")
    table = Table()
    table.add_column("\x1b]0;title\x07")
    table.add_row("\x9b31m")
    console.print(table)
    show_error(console, "a\x1b[A\rb")
    told = heard.getvalue()
    assert told.startswith("orders\\x1b[2J\\x07.csv, x\\u202ey\nsecond line, caffè [bold]\n")
    assert "a\\x1b[A\\rb\n" in told
    assert all(character.isprintable() or character == "\n" for character in told)
