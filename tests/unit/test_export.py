"""Exports of plays and segments: who is in, who is not, what is written, what is noted."""

from __future__ import annotations

import csv
import json
import stat
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.activation import receipts, webhook
from orchestration.activation.export import StaleExportError
from orchestration.activation.selection import Choice
from orchestration.activation.webhook import WebhookError, check_address
from orchestration.errors import LifecycleError, SettingsError
from tests.unit.tiny_shop import NOW, TinyShop, customer, due, receiver
from tests.unit.tiny_versions import Raw, event


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TinyShop:
    monkeypatch.setattr(receipts, "user_config_path", lambda _: tmp_path / "config")
    return TinyShop(tmp_path)


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
    shop: TinyShop, raw: Raw, is_in: bool
) -> None:
    shop.publish(1, [due(5)], [due(5)])
    shop.raw(raw)
    for what in ("win_back", "segment:vip"):
        shop.export(what)
        assert shop.listed() == (added(5) if is_in else []), what


def test_service_needs_no_consent_but_a_person_who_is_there(shop: TinyShop) -> None:
    shop.publish(1, [due(1, play="payment_repair"), due(2, play="payment_repair")])
    shop.raw({"customers": [customer(1, consent=False), customer(2, is_deleted=True)]})
    done = shop.export("payment_repair", with_contact=True)
    assert shop.listed() == added(1)
    # The address is of consenting people alone.
    assert done.with_address == 0
    assert "@" not in shop.out.read_text()


def test_the_first_rank_alone_unless_asked(shop: TinyShop) -> None:
    shop.publish(1, [due(1), due(2, rank_for_subject=2)])
    shop.raw({"customers": [customer(1), customer(2)]})
    shop.export()
    assert shop.listed() == added(1)
    shop.export(from_start=True, choice=Choice(all_ranks=True))
    assert shop.listed() == added(1, 2)


def test_the_global_control_is_in_no_segment_unless_asked(shop: TinyShop) -> None:
    shop.publish(1, [], [due(1), due(2, is_global_control=True)])
    shop.raw({"customers": [customer(1), customer(2)]})
    shop.export("segment:vip")
    assert shop.listed() == added(1)
    shop.export("segment:vip", from_start=True, choice=Choice(include_control=True))
    assert shop.listed() == added(1, 2)


def test_an_account_is_not_written_to_by_way_of_the_global_control_unless_asked(
    shop: TinyShop,
) -> None:
    control = due(2, is_global_control=True)
    firm = {"subject_id": "account:a1", "contact_subject_id": "customer:c2"}
    rows = [due(1), due(2, **firm), due(2, play="payment_repair", **firm)]
    shop.publish(1, rows, [due(1), control])
    shop.raw({"customers": [customer(1), customer(2)]})
    shop.export()
    assert shop.listed() == added(1)
    shop.export("payment_repair")
    assert shop.listed() == [("added", "account:a1")]
    shop.export(from_start=True, choice=Choice(include_control=True))
    assert shop.listed() == [("added", "account:a1"), *added(1)]


def test_ids_alone_and_addresses_only_when_asked(shop: TinyShop) -> None:
    shop.publish(1, [due(1)])
    shop.raw({"customers": [customer(1)]})
    shop.export()
    assert "@" not in shop.out.read_text()
    done = shop.export(from_start=True, with_contact=True)
    assert "c1@example.org" in shop.out.read_text()
    assert done.with_address == 1


def test_the_next_export_holds_what_is_new_and_names_who_has_left(shop: TinyShop) -> None:
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


def test_a_receipt_says_what_when_whence_and_whither(shop: TinyShop) -> None:
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
def test_files_are_the_owners_alone_and_hold_the_same(shop: TinyShop, form: str) -> None:
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


def test_an_old_version_is_refused_unless_asked(shop: TinyShop) -> None:
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
    shop: TinyShop, asked: Mapping[str, Any], sentence: str
) -> None:
    shop.publish(1, [due(1)])
    shop.raw({"customers": [customer(1)]})
    with pytest.raises(LifecycleError) as refused:
        shop.export(**asked)
    assert sentence in str(refused.value)
    assert not (shop.state.root / "exports.jsonl").exists()


def test_nothing_published_and_a_receipt_of_a_version_that_is_gone_are_told(shop: TinyShop) -> None:
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
@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    kept: list[float] = []
    monkeypatch.setattr("orchestration.activation.webhook.send.__defaults__", (kept.append,))
    return kept


def test_rows_are_posted_in_batches_with_a_key_each(
    shop: TinyShop, monkeypatch: pytest.MonkeyPatch
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


def test_a_busy_receiver_is_tried_again_with_the_same_key(
    shop: TinyShop, pauses: list[float]
) -> None:
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
    shop: TinyShop, pauses: list[float], answers: list[int], tries: int, sentence: str
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
