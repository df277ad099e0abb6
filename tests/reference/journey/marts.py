"""The marts of journey as the YAML beside them describes them, in plain Python, brute force.

Belongs here: the reading of the YAML beside ``journey_paths``, ``journey_map``, ``friction``,
``message_performance`` and ``contact_pressure``, on the rows of the tables that they begin with.
Does not belong here: the SQL's ways.
"""

from __future__ import annotations

import json
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from itertools import groupby
from typing import Any

from tests.reference.value.ledger import UNKNOWN, rounded, share

Row = dict[str, Any]
Tables = Mapping[str, Sequence[Mapping[str, Any]]]
DAY = timedelta(days=1)

GIVEN = (
    *("int_settings", "int_kpi_windows", "int_persons", "stg_events", "int_events"),
    *("int_sessions", "int_booked_orders", "int_first_orders", "int_message_outcomes"),
    *(
        "int_support_tickets",
        "int_survey_signals",
        "int_person_states",
        "int_person_signals_by_name",
    ),
    *("int_stage_intervals", "int_possible_moves", "int_built_frameworks", "framework_stages"),
    *("int_refunds", "stg_refunds", "int_orders", "int_cart_outcomes", "int_cart_events"),
)


def journey_paths(tables: Tables) -> list[Row]:
    """One row per path and number of steps."""
    longest = _windows(tables)["path_steps"]
    orders = {row["order_id"]: row for row in tables["int_booked_orders"]}
    visits = _by(tables["int_sessions"], "person_key")
    ways: dict[tuple[str, int], list[tuple[Any, int, int | None]]] = defaultdict(list)
    for first in tables["int_first_orders"]:
        order = orders[first["order_id"]]
        before = sorted(
            (visit["started_at"], visit["session_id"], visit["session_date"], visit["channel"])
            for visit in visits.get(first["person_key"], [])
            if visit["started_at"] <= first["created_at"]
        )
        steps = [channel for channel, _ in groupby(before, key=lambda visit: visit[3])]
        path = " > ".join(steps[-longest:]) or order["channel"]
        way = ("… > " + path if len(steps) > longest else path, min(len(steps), longest))
        days = (order["order_date"] - before[0][2]).days if before else None
        ways[way].append((order["order_value"], len(before), days))
    return [
        {
            "path": path,
            "steps": steps,
            "customers": len(found),
            "revenue": _total(value for value, *_ in found),
            "touches": sum(touches for _, touches, _ in found),
            "median_days": _median([days for *_, days in found if days is not None]),
        }
        for (path, steps), found in ways.items()
    ]


def journey_map(tables: Tables) -> list[Row]:
    """One row per framework, stage, kind of touch and value."""
    windows, as_of = _windows(tables), _as_of(tables)
    outlook = timedelta(days=windows["contact_outlook_days"] - 1)
    stages = {
        (row["framework"], row["stage"]): row["ordinal"] for row in tables["framework_stages"]
    }
    moves = {row["move_no"]: row for row in tables["int_possible_moves"]}
    of_persons = {
        row["framework"]
        for row in tables["int_built_frameworks"]
        if row["subject_type"] == "person"
    }
    spans: dict[tuple[int, str], list[tuple[date, date, str]]] = defaultdict(list)
    for row in tables["int_stage_intervals"]:
        move = moves[row["move_no"]]
        if move["framework"] in of_persons:
            spans[row["subject_key"], move["framework"]].append(
                (row["valid_from"], row["next_from"] or date.max, move["stage"])
            )

    def stage_on(key: tuple[int, str], day: date) -> str | None:
        return next((stage for start, end, stage in spans[key] if start <= day < end), None)

    touched = _touches(tables, windows["contact_first_days"])
    tickets = _by(tables["int_support_tickets"], "person_key")
    answers = _by(
        (row for row in tables["int_survey_signals"] if row["signal"] == "csat"), "person_key"
    )
    everybody: dict[tuple[str, str, date], list[bool]] = defaultdict(list)
    cells: dict[tuple[str, str, str, str], dict[date, list[tuple[bool, int, list[Any]]]]]
    cells = defaultdict(lambda: defaultdict(list))
    for person, framework in list(spans):
        month = min(start for start, *_ in spans[person, framework]).replace(day=1)
        while month + outlook <= as_of:
            before = stage_on((person, framework), month - DAY)
            after = stage_on((person, framework), month + outlook)
            if before is not None and after is not None:
                has_advanced = stages[framework, after] > stages[framework, before]
                everybody[framework, before, month].append(has_advanced)
                opened = sum(
                    month <= row["opened_on"] <= month + outlook for row in tickets.get(person, [])
                )
                scores = [
                    row["score"]
                    for row in answers.get(person, [])
                    if row["has_score"] and month <= row["fact_date"] <= month + outlook
                ]
                for kind, value in touched.get((person, month), ()):
                    cells[framework, before, kind, value][month].append(
                        (has_advanced, opened, scores)
                    )
            month = (month + timedelta(days=31)).replace(day=1)
    rows: list[Row] = []
    for (framework, stage, kind, value), months in cells.items():
        ours = [person for found in months.values() for person in found]
        alike = [one for month in months for one in everybody[framework, stage, month]]
        advanced = sum(has_advanced for has_advanced, *_ in ours)
        scores = [Fraction(score) for *_, found in ours for score in found]
        rows.append(
            {
                "framework": framework,
                "stage": stage,
                "touch_kind": kind,
                "touch_value": value,
                "months": len(months),
                "persons": len(ours),
                "share_of_stage": share(len(ours), len(alike)),
                "advanced_share": share(advanced, len(ours)),
                "persons_without": len(alike) - len(ours),
                "advanced_share_without": share(sum(alike) - advanced, len(alike) - len(ours)),
                "tickets": sum(opened for _, opened, _ in ours),
                "csat_answers": len(scores),
                "average_csat": share(sum(scores, Fraction(0)), len(scores)),
            }
        )
    return rows


def _touches(tables: Tables, first_days: int) -> dict[tuple[int, date], set[tuple[str, str]]]:
    told = _properties(tables)
    rows = {row["raw_row_id"]: row for row in tables["stg_events"]}
    found: dict[tuple[int, date], set[tuple[str, str]]] = defaultdict(set)

    def touch(person: int, day: date, kind: str, value: str) -> None:
        if day.day <= first_days:
            found[person, day.replace(day=1)].add((kind, value))

    for row in tables["int_sessions"]:
        touch(row["person_key"], row["session_date"], "channel", row["channel"])
    for row in tables["int_events"]:
        stated = told[rows[row["raw_row_id"]]["event_id"]]
        if content := _word(stated.get("content_id")):
            value = f"{_word(stated.get('content_type')) or UNKNOWN}:{content}"
            touch(row["person_key"], row["event_date"], "content", value)
    for row in tables["int_message_outcomes"]:
        value = _word(told[row["delivery_id"]].get("campaign")) or UNKNOWN
        touch(row["person_key"], row["fact_date"], "message", value)
    for row in tables["int_support_tickets"]:
        value = _word(told[row["event_id"]].get("topic")) or UNKNOWN
        touch(row["person_key"], row["opened_on"], "ticket", value)
    return found


def friction(tables: Tables) -> list[Row]:
    """One row per step, reason, device and buyer."""
    told = _properties(tables)
    events = {row["event_id"]: row for row in tables["stg_events"]}
    reasons = {row["refund_id"]: row["reason"] for row in tables["stg_refunds"]}
    known = {row["person_key"]: row["is_identified"] for row in tables["int_persons"]}
    cart_events = _by(tables["int_cart_events"], "cart_id")
    cases: dict[tuple[str, str, str, str], list[tuple[Any, bool]]] = defaultdict(list)
    for row in tables["int_refunds"]:
        reason = _word(reasons[row["refund_id"]]) or UNKNOWN
        value = row["refund_value"]
        cases["refund", reason, "all", "all"].append((value, value is None))
    for row in tables["int_orders"]:
        if row["cancelled_on"] is not None:
            value = row["order_value"]
            cases["cancellation", "cancelled", "all", "all"].append((value, value is None))
    for row in tables["int_support_tickets"]:
        topic = _word(told[row["event_id"]].get("topic")) or UNKNOWN
        cases["ticket", topic, "all", "all"].append((None, False))
    for row in tables["int_cart_outcomes"]:
        if row["outcome"] == "abandoned":
            devices = [
                events[one["event_id"]]["device_type"]
                for one in sorted(
                    cart_events.get(row["cart_id"], []),
                    key=lambda one: (one["occurred_at"], one["event_id"]),
                )
            ]
            device = next((device for device in devices if device is not None), UNKNOWN)
            reached = "checkout" if row["has_checkout"] else "cart"
            buyer = "customer" if known[row["person_key"]] else "guest"
            cases["cart", reached, device, buyer].append(
                (row["cart_value"], row["is_missing_rate"])
            )
    rows: list[Row] = []
    for (step, reason, device, buyer), found in cases.items():
        values = [Fraction(value) for value, _ in found if value is not None]
        is_known = bool(values) and not any(is_missing for _, is_missing in found)
        rows.append(
            {
                "step": step,
                "reason": reason,
                "device": device,
                "buyer": buyer,
                "cases": len(found),
                "valued_cases": len(values),
                "value_lost": Fraction(round(sum(values, Fraction(0)), 4)) if is_known else None,
            }
        )
    return rows


def message_performance(tables: Tables) -> list[Row]:
    """One row per month, channel, campaign, variant, stage and health."""
    told = _properties(tables)
    days = timedelta(days=_windows(tables)["message_order_days"])
    states = _by(tables["int_person_states"], "subject_key")
    messages = _by(tables["int_message_outcomes"], "person_key")
    credited: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for order in tables["int_booked_orders"]:
        candidates = [
            (row["delivered_at"], row["delivery_id"])
            for row in messages.get(order["person_key"], [])
            if row["delivered_at"] <= order["created_at"]
            and order["order_date"] <= row["fact_date"] + days
        ]
        if candidates:
            credited[max(candidates)[1]].append(order)
    cells: dict[tuple[Any, ...], list[Mapping[str, Any]]] = defaultdict(list)
    for row in tables["int_message_outcomes"]:
        stated, eve = told[row["delivery_id"]], row["fact_date"] - DAY
        state = next(
            (
                (one["stage"], one["health"])
                for one in states.get(row["person_key"], [])
                if one["valid_from"] <= eve < one["valid_to"]
            ),
            (UNKNOWN, UNKNOWN),
        )
        cell = (
            row["fact_date"].replace(day=1),
            _word(stated.get("channel")) or "email",
            _word(stated.get("campaign")) or UNKNOWN,
            _word(stated.get("variant")) or UNKNOWN,
            *state,
        )
        cells[cell].append(row)
    rows: list[Row] = []
    for cell, found in cells.items():
        orders = [order for row in found for order in credited[row["delivery_id"]]]
        names = ("month", "channel", "campaign", "variant", "stage", "health")
        rows.append(
            {
                **dict(zip(names, cell, strict=True)),
                "delivered": len(found),
                "opened": sum(row["opened_at"] is not None for row in found),
                "clicked": sum(row["clicked_at"] is not None for row in found),
                "unsubscribed": sum(row["unsubscribed_at"] is not None for row in found),
                "orders": len(orders),
                "net_revenue": _total(
                    None
                    if order["order_value"] is None
                    else order["order_value"] - order["refunded_value"]
                    for order in orders
                ),
            }
        )
    return rows


def contact_pressure(tables: Tables) -> list[Row]:
    """One row per number of messages."""
    most, as_of = _windows(tables)["most_contacts"], _as_of(tables)
    farewells = _by(
        (
            row
            for row in tables["int_person_signals_by_name"]
            if row["signal"] == "email_unsubscribed"
        ),
        "person_key",
    )
    orders = _by(tables["int_booked_orders"], "person_key")
    weeks: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    for person, messages in _by(tables["int_message_outcomes"], "person_key").items():
        days = [row["fact_date"] for row in messages]
        monday = min(days) - timedelta(days=min(days).weekday()) + 7 * DAY
        while monday + 6 * DAY <= as_of:
            got = sum(monday - 7 * DAY <= day < monday for day in days)
            week = (monday, monday + 6 * DAY)
            weeks[f"{most}+" if got >= most else str(got)].append(
                (
                    any(week[0] <= r["signal_date"] <= week[1] for r in farewells.get(person, [])),
                    any(week[0] <= r["order_date"] <= week[1] for r in orders.get(person, [])),
                )
            )
            monday += 7 * DAY
    return [
        {
            "messages": messages,
            "person_weeks": len(found),
            "unsubscribed": sum(left for left, _ in found),
            "unsubscribe_rate": share(sum(left for left, _ in found), len(found)),
            "ordered": sum(bought for _, bought in found),
            "order_rate": share(sum(bought for _, bought in found), len(found)),
        }
        for messages, found in weeks.items()
    ]


def _windows(tables: Tables) -> Mapping[str, int]:
    return tables["int_kpi_windows"][0]


def _as_of(tables: Tables) -> date:
    return tables["int_settings"][0]["as_of_date"]


def _by(rows: Iterable[Mapping[str, Any]], column: str) -> dict[Any, list[Mapping[str, Any]]]:
    found: dict[Any, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row[column]].append(row)
    return found


def _properties(tables: Tables) -> dict[str, dict[str, Any]]:
    return {
        row["event_id"]: json.loads(row["properties"]) if row["properties"] else {}
        for row in tables["stg_events"]
    }


def _word(stated: str | None) -> str | None:
    told = (stated or "").strip()
    return None if told.lower() in {"", "null", "nan", "nat", "n/a", "none"} else told


def _total(values: Iterable[Any]) -> Fraction | None:
    found = list(values)
    return None if None in found else sum((Fraction(value) for value in found), Fraction(0))


def _median(values: Sequence[int]) -> Fraction | None:
    return rounded(Fraction(statistics.median(values))) if values else None


# What each mart must say, and its key.
MARTS: Mapping[str, tuple[Callable[[Tables], list[Row]], tuple[str, ...]]] = {
    "journey_paths": (journey_paths, ("path", "steps")),
    "journey_map": (
        journey_map,
        ("framework", "stage", "touch_kind", "touch_value"),
    ),
    "friction": (friction, ("step", "reason", "device", "buyer")),
    "message_performance": (
        message_performance,
        ("month", "channel", "campaign", "variant", "stage", "health"),
    ),
    "contact_pressure": (contact_pressure, ("messages",)),
}
