"""What two versions say otherwise, and why: each cause planted alone into tiny hand-made files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.changes.causes import Cause
from orchestration.changes.diff import UnexplainedChangesError, compared
from orchestration.changes.version import Version
from tests.unit.tiny_versions import KNOWN, LATER, Raw, event, make_raw, make_version, order


def causes(before: Version, after: Version, raw: Path) -> set[tuple[str, str]]:
    with compared(before, after, raw) as diff:
        return {(count.kind, count.cause) for count in diff.counts()}


PLANTED: Mapping[Cause, Sequence[Raw]] = {
    Cause.ERASURE: [{"erasure_requests": [{"customer_id": "c1"}]}],
    Cause.MERGE_OR_LINK: [
        {"customer_merges": [{"from_customer_id": "c2", "into_customer_id": "c1"}]},
        # A device of which something is known turns out to be the customer's, after the as-of date.
        {"events": [event(9, 11, anonymous_id="a2", user_id="c1")]},
    ],
    Cause.REFUND_OR_CANCELLATION: [
        {"refunds": [{"refund_id": "r1", "order_id": "o1", "amount": 5}]},
        {"orders": [order(1, 5, status="cancelled", cancelled_at=datetime(2026, 3, 11, 1))]},
    ],
    Cause.LATE_FACT: [
        {"events": [event(9, 4, anonymous_id="a1", user_id="c1")]},
        {"events": [event(9, 4, anonymous_id="a1")]},
        {"orders": [order(9, 4)]},
        {"orders": [order(1, 5, status="delivered")]},
        {"order_lines": [{"order_id": "o1", "line_number": 1}]},
        {"customers": [{"customer_id": "c1", "created_at": datetime(2026, 3, 2)}]},
        {"channel_daily": [{"date": date(2026, 3, 5), "channel": "paid"}]},
        {"products": [{"product_id": "p1", "unit_cost": 5}]},
    ],
    Cause.RATE: [{"exchange_rates": [{"date": date(2026, 3, 5), "currency": "USD"}]}],
}
DATED = {"refunds": "created_at", "customer_merges": "merged_at"}


def dated(arrived: Raw) -> Raw:
    return {
        table: [
            {DATED[table]: datetime(2026, 3, 9), **row} if table in DATED else row for row in rows
        ]
        for table, rows in arrived.items()
    }


@pytest.mark.parametrize(
    ("cause", "arrived"),
    [(cause, arrived) for cause, cases in PLANTED.items() for arrived in cases],
    ids=[f"{cause}-{number}" for cause, cases in PLANTED.items() for number, _ in enumerate(cases)],
)
def test_each_cause_planted_alone_is_named_alone(
    tmp_path: Path, cause: Cause, arrived: Raw
) -> None:
    before = make_version(tmp_path, 1)
    after = make_version(tmp_path, 2, stage="buy", value=11, as_of=date(2026, 3, 11))
    raw = make_raw(tmp_path / "raw.duckdb", dated(arrived))
    assert causes(before, after, raw) == {("subject", cause), ("kpi", cause)}


@pytest.mark.parametrize(
    "arrived",
    [
        {"events": [event(9, 11, anonymous_id="a1", user_id="c1")]},
        {"events": [event(9, 11, anonymous_id="new", user_id="c1")]},
        {"orders": [order(9, 11)]},
        {"products": [{"product_id": "p2"}]},
        {"channel_daily": [{"date": date(2026, 3, 11), "channel": "paid"}]},
        {"refunds": [{"refund_id": "r", "order_id": "unknown", "amount": 5}]},
    ],
)
def test_what_speaks_of_later_days_alone_explains_nothing(tmp_path: Path, arrived: Raw) -> None:
    before = make_version(tmp_path, 1)
    after = make_version(tmp_path, 2, stage="buy", as_of=date(2026, 3, 11))
    raw = make_raw(tmp_path / "raw.duckdb", dated(arrived))
    with compared(before, after, raw) as diff:
        assert [count.cause for count in diff.counts()] == [Cause.UNEXPLAINED]
        with pytest.raises(UnexplainedChangesError, match="unexplained: 1 of kind subject"):
            diff.refuse_unexplained()


@pytest.mark.parametrize(
    ("changed", "cause"),
    [({"rules": "r2"}, Cause.RULES), ({"settings": "s2"}, Cause.SETTINGS)],
)
def test_other_rules_and_other_settings_come_before_whatever_arrived(
    tmp_path: Path, changed: dict[str, Any], cause: Cause
) -> None:
    before = make_version(tmp_path, 1)
    after = make_version(tmp_path, 2, stage="buy", value=11, **changed)
    raw = make_raw(tmp_path / "raw.duckdb", PLANTED[Cause.LATE_FACT][0])
    assert causes(before, after, raw) == {("subject", cause), ("kpi", cause)}


def test_the_same_rules_and_data_differ_in_nothing(tmp_path: Path) -> None:
    before, after = make_version(tmp_path, 1), make_version(tmp_path, 2)
    raw = make_raw(tmp_path / "raw.duckdb", {})
    assert causes(before, after, raw) == set()


def test_of_several_causes_the_first_that_concerns_the_subject_is_told(tmp_path: Path) -> None:
    before, after = make_version(tmp_path, 1), make_version(tmp_path, 2, stage="buy", value=11)
    raw = make_raw(
        tmp_path / "raw.duckdb",
        {
            # Another's refund, of a later day than the KPI's; and a late event of this one.
            "refunds": [
                {
                    "refund_id": "r1",
                    "order_id": "o2",
                    "amount": 5,
                    "created_at": datetime(2026, 3, 9),
                }
            ],
            "events": [event(9, 4, anonymous_id="a1", user_id="c1")],
        },
    )
    assert causes(before, after, raw) == {
        ("subject", Cause.LATE_FACT),
        ("kpi", Cause.LATE_FACT),
    }


def test_a_cell_that_was_open_or_unknown_is_not_restated(tmp_path: Path) -> None:
    after = make_version(tmp_path, 2, value=11)
    raw = make_raw(tmp_path / "raw.duckdb", {})
    for number, status in ((3, "partial"), (4, "immature"), (5, "no_input")):
        before = make_version(tmp_path, number, status=status, value=None)
        assert causes(before, after, raw) == set(), status


def test_what_is_told_to_date_is_compared_on_the_same_day_alone(tmp_path: Path) -> None:
    before = make_version(tmp_path, 1, restates="late_row|time")
    raw = make_raw(tmp_path / "raw.duckdb", {})
    later = make_version(tmp_path, 2, value=11, restates="late_row|time", as_of=date(2026, 3, 11))
    assert causes(before, later, raw) == set()
    same_day = make_version(tmp_path, 3, value=11, restates="late_row|time")
    assert causes(before, same_day, raw) == {("kpi", Cause.UNEXPLAINED)}


def test_a_raw_database_made_anew_has_brought_nothing(tmp_path: Path) -> None:
    """All its rows are loaded later, and the older version has accounted for its one file."""
    before, after = make_version(tmp_path, 1), make_version(tmp_path, 2, stage="buy")
    raw = make_raw(tmp_path / "raw.duckdb", {})
    with duckdb.connect(str(raw)) as made:
        for table in (*KNOWN, "ingest_files"):
            column = "loaded_at" if table == "ingest_files" else "_loaded_at"
            made.execute(f"update raw.raw.{table} set {column} = ?", [LATER])
    assert causes(before, after, raw) == {("subject", Cause.UNEXPLAINED)}


def test_a_subject_that_went_and_one_that_came_are_told_as_such(tmp_path: Path) -> None:
    before = make_version(tmp_path, 1, subject="visitor:a2")
    after = make_version(tmp_path, 2, subject="customer:c1", as_of=date(2026, 3, 11))
    raw = make_raw(
        tmp_path / "raw.duckdb", {"events": [event(9, 11, anonymous_id="a2", user_id="c1")]}
    )
    with compared(before, after, raw) as diff:
        told = [(row[2], row[6], row[7], row[8], row[9], row[10]) for row in diff.rows()]
    first, end = date(2026, 3, 2), date(2026, 3, 11)
    assert told == [
        ("customer:c1", first, end, "(none)", "try / active", "merge_or_link"),
        ("visitor:a2", first, end, "try / active", "(none)", "merge_or_link"),
    ]
