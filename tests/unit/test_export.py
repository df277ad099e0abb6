"""Exports of plays and segments: who is in, who is not, what is written, what is noted."""

from __future__ import annotations

import csv
import json
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import duckdb
import pytest

from orchestration.activation import receipts, webhook
from orchestration.activation.export import Exported, Order, StaleExportError, export
from orchestration.activation.selection import Choice
from orchestration.activation.webhook import WebhookError, check_address
from orchestration.changes.version import Version
from orchestration.errors import LifecycleError, SettingsError
from orchestration.settings.paths import RULES_DIR, StateDir
from tests.unit.tiny_versions import Raw, Row, event, make_raw, make_version

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


class Shop:
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
        self.state.current.unlink(missing_ok=True)
        self.state.current.symlink_to(Path("versions") / version.name)
        return version

    def raw(self, rows: Raw) -> None:
        make_raw(self.state.raw_database, rows)

    def export(self, what: str = "win_back", **asked: Any) -> Exported:
        now = asked.pop("now", NOW)
        return export(self.state, Order(**{"what": what, "out": self.out, **asked}), now)

    def listed(self) -> list[tuple[str, str]]:
        with self.out.open(newline="") as file:
            return [(row["change"], row["subject_id"]) for row in csv.DictReader(file)]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setattr(receipts, "user_config_path", lambda _: tmp_path / "config")
    return Shop(tmp_path)


def added(*numbers: int) -> list[tuple[str, str]]:
    return [("added", f"customer:c{number}") for number in numbers]


@pytest.mark.parametrize(
    ("raw", "is_in"),
    [
        ({"customers": [customer(5)]}, True),
        ({"customers": [customer(5, consent=False)]}, False),
        ({"customers": [customer(5, consent=None)]}, False),
        ({}, False),
        # The latest statement counts, and of two at once both have to say yes.
        ({"customers": [customer(5), customer(5, False, updated_at=datetime(2026, 2, 1))]}, False),
        ({"customers": [customer(5, False), customer(5, updated_at=datetime(2026, 2, 1))]}, True),
        ({"customers": [customer(5), customer(5, consent=False)]}, False),
        # Said by tomorrow is not said yet.
        ({"customers": [customer(5), customer(5, False, updated_at=datetime(2026, 4, 1))]}, True),
        # An unsubscribe says no, however the event is spelled, on whatever device was the person's.
        (
            {
                "customers": [customer(5)],
                "events": [event(9, 9, event_name="email_unsubscribed", user_id="c5")],
            },
            False,
        ),
        (
            {
                "customers": [customer(5)],
                "events": [
                    event(8, 8, event_name="Page Viewed", user_id="c5", anonymous_id="a5"),
                    event(9, 9, event_name="Email Unsubscribed", anonymous_id="a5"),
                ],
            },
            False,
        ),
        (
            {
                "customers": [customer(5)],
                "events": [event(9, 9, event_name="Email Opened", user_id="c5")],
            },
            True,
        ),
        # What was said by a customer that was merged into this one counts.
        (
            {
                "customers": [customer(5), customer(6, False, updated_at=datetime(2026, 2, 1))],
                "customer_merges": [
                    {
                        "from_customer_id": "c6",
                        "into_customer_id": "c5",
                        "merged_at": datetime(2026, 2, 1),
                    }
                ],
            },
            False,
        ),
        ({"customers": [customer(5, is_deleted=True)]}, False),
        (
            {"customers": [customer(5)], "erasure_requests": [{"customer_id": "c5"}]},
            False,
        ),
    ],
)
def test_only_who_says_yes_is_there_and_has_not_asked_for_erasure_is_exported(
    shop: Shop, raw: Raw, is_in: bool
) -> None:
    shop.publish(1, [due(5)], [due(5)])
    shop.raw(raw)
    for what in ("win_back", "segment:vip"):
        shop.export(what)
        assert shop.listed() == (added(5) if is_in else []), what


def test_service_needs_no_consent_but_a_person_who_is_there(shop: Shop) -> None:
    shop.publish(1, [due(1, play="payment_repair"), due(2, play="payment_repair")])
    shop.raw({"customers": [customer(1, consent=False), customer(2, is_deleted=True)]})
    done = shop.export("payment_repair", with_contact=True)
    assert shop.listed() == added(1)
    # The address is of consenting people alone.
    assert done.with_address == 0
    assert "@" not in shop.out.read_text()


def test_the_first_rank_alone_unless_asked(shop: Shop) -> None:
    shop.publish(1, [due(1), due(2, rank_for_subject=2)])
    shop.raw({"customers": [customer(1), customer(2)]})
    shop.export()
    assert shop.listed() == added(1)
    shop.export(from_start=True, choice=Choice(all_ranks=True))
    assert shop.listed() == added(1, 2)


def test_the_global_control_is_in_no_segment_unless_asked(shop: Shop) -> None:
    shop.publish(1, [], [due(1), due(2, is_global_control=True)])
    shop.raw({"customers": [customer(1), customer(2)]})
    shop.export("segment:vip")
    assert shop.listed() == added(1)
    shop.export("segment:vip", from_start=True, choice=Choice(include_control=True))
    assert shop.listed() == added(1, 2)


def test_ids_alone_and_addresses_only_when_asked(shop: Shop) -> None:
    shop.publish(1, [due(1)])
    shop.raw({"customers": [customer(1)]})
    shop.export()
    assert "@" not in shop.out.read_text()
    done = shop.export(from_start=True, with_contact=True)
    assert "c1@example.org" in shop.out.read_text()
    assert done.with_address == 1


def test_the_next_export_holds_what_is_new_and_names_who_has_left(shop: Shop) -> None:
    shop.publish(1, [due(1), due(2), due(3), due(4, triggered_on=date(2026, 2, 1))])
    shop.raw({"customers": [customer(number) for number in (1, 2, 3, 4, 5)]})
    assert shop.export().since is None
    assert shop.listed() == added(1, 2, 3, 4)
    second = shop.publish(2, [due(1), due(2), due(4), due(5)])
    # c2 has withdrawn since, in a row that comes after the export.
    withdrawn = customer(2, False, updated_at=NOW + timedelta(hours=1))
    shop.raw({"customers": [*(customer(number) for number in (1, 2, 3, 4, 5)), withdrawn]})
    done = shop.export(now=NOW + timedelta(hours=2), with_contact=True)
    assert shop.listed() == [
        *added(4, 5),
        ("removed", "customer:c2"),
        ("removed", "customer:c3"),
        ("removed", "customer:c4"),
    ]
    assert (done.added, done.removed) == (2, 3)
    assert [line["email"] for line in csv.DictReader(shop.out.open())][2:] == ["", "", ""]
    # Once more: nothing is new.
    shop.export(now=NOW + timedelta(hours=3))
    assert shop.listed() == []
    # Since a version that is named.
    shop.export(since="build1", now=NOW + timedelta(hours=3))
    assert ("added", "customer:c5") in shop.listed()
    assert receipts.last_receipt(shop.state, "win_back").version == second.name  # type: ignore[union-attr]


def test_a_receipt_says_what_when_whence_and_whither(shop: Shop) -> None:
    version = shop.publish(1, [due(1)])
    shop.raw({"customers": [customer(1)]})
    done = shop.export()
    (line,) = (shop.state.root / "exports.jsonl").read_text().splitlines()
    told = json.loads(line)
    assert {
        "exported_at": "2026-03-12T09:00:00.000000Z",
        "what": "win_back",
        "version": version.name,
        "rows": 1,
        "file": str(shop.out),
    }.items() <= told.items()
    assert told["hash"] == receipts.keyed_hash(shop.out.read_bytes()) == done.receipt.hash
    assert "customer:" not in line


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_files_are_the_owners_alone_and_hold_the_same(shop: Shop, form: str) -> None:
    shop.publish(1, [due(1, why="=cmd|' /C calc'!A0", expected_value=12.5)])
    shop.raw({"customers": [customer(1, email="+1@example.org")]})
    out = shop.out.with_suffix(f".{form}")
    shop.export(form=form, out=out, with_contact=True)
    for path in (out, shop.state.root / "exports.jsonl"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    if form == "csv":
        (row,) = csv.DictReader(out.open(newline=""))
        assert (row["why"], row["email"]) == ("'=cmd|' /C calc'!A0", "'+1@example.org")
    else:
        reader = "read_parquet" if form == "parquet" else "read_json"
        found = duckdb.execute(f"select why, email, expected_value from {reader}('{out}')")
        assert found.fetchall() == [("=cmd|' /C calc'!A0", "+1@example.org", 12.5)]


def test_an_old_version_is_refused_unless_asked(shop: Shop) -> None:
    shop.publish(1, [due(1)])
    shop.raw({"customers": [customer(1)]})
    shop.export(now=datetime(2026, 3, 12, 23, 59))
    with pytest.raises(StaleExportError, match="3 days ago; build first"):
        shop.export(now=datetime(2026, 3, 13))
    shop.export(now=datetime(2026, 3, 13), stale=True)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"what": "win_bak"}, 'no play "win_bak"; did you mean "win_back"?'),
        ({"what": "segment:vop"}, 'no segment "vop"; did you mean "vip"?'),
        ({"form": "xlsx"}, "it is one of csv, jsonl, parquet"),
        ({"out": None}, "Give one of --out FILE and --webhook"),
        ({"webhook": "https://crm.example/x"}, "Give one of --out FILE and --webhook"),
        ({"since": "x", "from_start": True}, "Give one of --since VERSION and --from-start"),
        ({"since": "build9"}, 'The version "build9" is not kept'),
        ({"out": None, "webhook": "http://crm.example/x"}, "must begin with https://"),
        ({"out": None, "webhook": "ftp://crm.example/x"}, "must be an address like"),
        ({"out": None, "webhook": "https://[/x"}, "must be an address like"),
    ],
)
def test_what_cannot_be_exported_is_refused_in_one_sentence(
    shop: Shop, asked: Mapping[str, Any], sentence: str
) -> None:
    shop.publish(1, [due(1)])
    shop.raw({"customers": [customer(1)]})
    with pytest.raises(LifecycleError) as refused:
        shop.export(**asked)
    assert sentence in str(refused.value)
    assert not (shop.state.root / "exports.jsonl").exists()


def test_nothing_published_and_a_receipt_of_a_version_that_is_gone_are_told(shop: Shop) -> None:
    with pytest.raises(SettingsError, match="Nothing is published"):
        shop.export()
    version = shop.publish(1, [due(1)])
    shop.raw({"customers": [customer(1)]})
    receipt = shop.export().receipt
    receipts.add_receipt(shop.state, replace(receipt, version="20200101T05-gone"))
    with pytest.raises(SettingsError, match="not kept any more; give --since VERSION"):
        shop.export()
    shop.export(since=version.name)
    with (shop.state.root / "exports.jsonl").open("a") as ledger:
        ledger.write('{"what": "win_back", cut off')
    assert receipts.last_receipt(shop.state, "win_back").version == version.name  # type: ignore[union-attr]


@pytest.mark.usefixtures("shop")
def test_a_key_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("a file")
    with pytest.raises(LifecycleError, match="The key of receipts"):
        receipts.keyed_hash(b"")


# --- webhook ----------------------------------------------------------------------------------
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


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    kept: list[float] = []
    monkeypatch.setattr("orchestration.activation.webhook.send.__defaults__", (kept.append,))
    return kept


def test_rows_are_posted_in_batches_with_a_key_each(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "_BATCH", 2)
    version = shop.publish(1, [due(1), due(2), due(3)])
    shop.raw({"customers": [customer(1), customer(2), customer(3)]})
    with receiver() as crm:
        done = shop.export(out=None, webhook=crm.address)
    assert [len(body["rows"]) for _, body in crm.taken] == [2, 1]
    assert len({key for key, _ in crm.taken}) == 2
    first = crm.taken[0][1]
    assert (first["what"], first["version"], first["as_of_date"]) == (
        "win_back",
        version.name,
        "2026-03-10",
    )
    assert first["rows"][0]["subject_id"] == "customer:c1"
    assert done.receipt.file == "webhook 127.0.0.1"


def test_a_busy_receiver_is_tried_again_with_the_same_key(shop: Shop, pauses: list[float]) -> None:
    shop.publish(1, [due(1)])
    shop.raw({"customers": [customer(1)]})
    with receiver(503, 429, Retry_After="7") as crm:
        shop.export(out=None, webhook=crm.address)
    assert len(crm.taken) == 3
    assert len({key for key, _ in crm.taken}) == 1
    assert pauses == [7, 7]


@pytest.mark.parametrize(
    ("answers", "tries", "sentence"),
    [
        ([400], 1, "refused the rows (HTTP 400)"),
        # Rows of persons do not follow a redirection elsewhere.
        ([302], 1, "refused the rows (HTTP 302)"),
        ([500] * 9, 6, "did not take the rows in 6 tries (HTTP 500)"),
    ],
)
def test_what_is_not_taken_leaves_no_receipt_and_no_secret_in_the_sentence(
    shop: Shop, pauses: list[float], answers: list[int], tries: int, sentence: str
) -> None:
    shop.publish(1, [due(1)])
    shop.raw({"customers": [customer(1)]})
    with receiver(*answers, Location="/elsewhere") as crm, pytest.raises(WebhookError) as refused:
        shop.export(out=None, webhook=crm.address)
    assert sentence in str(refused.value)
    assert "secret" not in str(refused.value)
    assert len(crm.taken) == tries
    assert pauses == [1, 2, 4, 8, 16][: tries - 1]
    assert not (shop.state.root / "exports.jsonl").exists()


def test_a_receiver_that_is_not_there_is_tried_and_told(pauses: list[float]) -> None:
    (batch,) = webhook.batches({}, [{"subject_id": "customer:c1"}])
    with pytest.raises(WebhookError, match="did not take the rows in 6 tries"):
        webhook.send("http://127.0.0.1:9/", batch)
    assert len(pauses) == 5


def test_the_host_is_all_that_is_told_of_an_address() -> None:
    assert check_address("https://user:pass@crm.example/x?token=1") == "crm.example"
