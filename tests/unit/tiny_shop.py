"""A state directory with published plays and segments of a few rows, and a receiver of exports.

Belongs here: their making. Does not belong here: what is asserted of them.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import duckdb

from orchestration.activation.export import Exported, Order, export
from orchestration.changes.version import Version
from orchestration.settings.paths import RULES_DIR, StateDir
from tests.unit.finished_runs import show_version
from tests.unit.tiny_versions import Raw, Row, make_raw, make_version

NOW = datetime(2026, 3, 12, 9)
JANUARY = datetime(2026, 1, 1)


def customer(number: int, consent: bool | None = True, **cells: object) -> Row:
    made = {"customer_id": f"c{number}", "created_at": JANUARY, "updated_at": JANUARY}
    return {**made, "marketing_consent": consent, "email": f"c{number}@example.org", **cells}


def due(number: int, **cells: object) -> Row:
    made = {
        "play": "win_back",
        "subject_id": f"customer:c{number}",
        "contact_subject_id": f"customer:c{number}",
        "triggered_on": date(2026, 3, 1),
        "due_from": date(2026, 3, 2),
        "due_until": date(2026, 3, 30),
        "channel": "email",
        "rank_for_subject": 1,
        "why": "because",
        "why_it": "perché",
        "expected_value": None,
        "recommended_product": "p1",
    }
    return {**made, **cells}


def fill(version: Version, plays_due: Sequence[Row], members: Sequence[Row] = ()) -> None:
    """Give a tiny version the marts that exports read."""
    with duckdb.connect(str(version.database)) as made:
        made.execute(
            "create table marts.play_catalog as select * from (values ('win_back', true, false), "
            "('payment_repair', false, true)) as plays(play, needs_consent, is_service)"
        )
        made.execute("create table marts.segment_profiles as select 'vip' as segment")
        made.execute(
            "create table marts.plays_due (play text, subject_id text, contact_subject_id text, "
            "triggered_on date, due_from date, due_until date, channel text, "
            "rank_for_subject bigint, why text, why_it text, expected_value decimal(18, 4), "
            "recommended_product text)"
        )
        made.execute(
            "create table marts.customers (subject_id text, stage text, health text, country text, "
            "is_global_control boolean)"
        )
        made.execute("create table marts.segment_members (segment text, subject_id text)")
        for row in plays_due:
            made.execute(
                f"insert into marts.plays_due values ({', '.join('?' for _ in row)})",
                [*row.values()],
            )
        for row in members:
            made.execute("insert into marts.segment_members values ('vip', ?)", [row["subject_id"]])
            made.execute(
                "insert into marts.customers values (?, 'loyalty', 'active', 'IT', ?)",
                [row["subject_id"], row.get("is_global_control", False)],
            )


class TinyShop:
    """A state directory with two published versions, the second one current."""

    def __init__(self, folder: Path) -> None:
        """Make the directories, and the rules that a build leaves."""
        self.state = StateDir.at(folder / "state")
        self.out = folder / "list.csv"
        self.state.versions.mkdir(parents=True)
        self.state.rules.mkdir()
        (self.state.rules / "event_signals.csv").write_bytes(
            (RULES_DIR / "event_signals.csv").read_bytes()
        )

    def publish(self, number: int, rows: Sequence[Row], members: Sequence[Row] = ()) -> Version:
        version = make_version(self.state.versions, number)
        fill(version, rows, members)
        show_version(version.path)
        return version

    def raw(self, rows: Raw) -> None:
        make_raw(self.state.raw_database, rows)

    def export(self, what: str = "win_back", **asked: Any) -> Exported:
        now = asked.pop("now", NOW)
        return export(self.state, Order(**{"what": what, "out": self.out, **asked}), now)

    def listed(self) -> list[tuple[str, str]]:
        with self.out.open(newline="") as file:
            return [(row["change"], row["subject_id"]) for row in csv.DictReader(file)]


class Receiver:
    """A server of this machine that answers as it is told and keeps what it was sent."""

    def __init__(self, answers: Sequence[int], headers: Mapping[str, str]) -> None:
        """Answer with these codes, then with 200, always with these headers."""
        self.answers = [*answers]
        self.headers = headers
        self.taken: list[tuple[str, dict[str, Any]]] = []
        self.address = ""


@contextmanager
def receiver(*answers: int, **headers: str) -> Iterator[Receiver]:
    kept = Receiver(answers, headers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.taken.append((self.headers["Idempotency-Key"], json.loads(body)))
            self.send_response(kept.answers.pop(0) if kept.answers else 200)
            for name, value in kept.headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept.address = f"http://127.0.0.1:{server.server_port}/hook?token=secret"
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()
