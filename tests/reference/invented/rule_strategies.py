"""Hypothesis strategy that invents rule rows.

Belongs here: frameworks, stages, rules and conditions over every measure and signal, and a health
policy, written as the CSV files that override the shipped ones. Does not belong here: worlds
(``strategies``). The default framework stays as shipped, since other seeds name its stages.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from tests.reference.texts import folded

SIGNALS = (
    *("order", "order", "order", "revenue", "revenue", "open_order", "open_order", "delivery"),
    *("refund", "reactivation", "reactivation", "any", "any", "any", "visit", "visit", "visit"),
    *("lead", "product_view", "product_view", "product_view", "cart_add", "nps", "review"),
    *(
        "content_engagement",
        "page_view",
        "product_share",
        "subscription_renewal",
        "support_contact",
    ),
    *("purchase", "purchase", "subscribed", "subscribed", "payment_failed", "subscription_cancel"),
    *("contract", "feature_use", "email_clicked"),
)
VALUED = (
    "purchase",
    "order",
    "revenue",
    "revenue",
    "refund",
    "nps",
    "review",
    "subscription_renewal",
    "visit",
)
MEASURES = ("count", "days", "sum", "latest", "days_since_first", "days_since_last")
WINDOWS = (None, None, 1, 2, 7, 14, 29, 30, 31, 60, 61, 90, 180, 364, 365, 366)
HEALTH = (
    {"prior_gap_days": "60", "prior_weight": "3", "min_days": "7", "max_days": "730"},
    {"prior_gap_days": "5", "prior_weight": "0.5", "min_days": "2", "cold_after_days": "30"},
    {"prior_gap_days": "30", "prior_weight": "1", "max_days": "30", "cold_after_days": "1"},
    {"at_risk_after_days": "30", "lapsed_after_days": "61", "cold_after_days": "365"},
)
# Conditions on columns and properties that ``strategies`` fills, and names that feed several
# signals; each in the shape of ``event_signals.csv``.
EVENT_SIGNALS = (
    ("Button Clicked", "page_url", "contains", "/pricing", "lead"),
    ("button_clicked", "properties.plan", "equals", "Plan A", "contract"),
    ("Button Clicked", "properties.plan", "in", "plan a|Plan A", "feature_use"),
    ("Button Clicked", "properties.plan", "at_least", "3", "content_engagement"),
    ("Clicked", "country", "equals", "IT", "lead"),
    ("Clicked", "value", "at_least", "2.5", "feature_use"),
    ("Clicked", "quantity", "below", "1", "nps"),
    ("Identify", "page_url", "starts_with", "https://shop.example/", "lead"),
    ("Product Viewed", "properties.plan", "below", "3", "feature_use"),
    ("Product Viewed", "", "", "", "content_engagement"),
    ("Order Completed", "", "", "", "contract"),
    ("Order Completed", "country", "starts_with", "i", "feature_use"),
    ("Plan Switched", "", "", "", "subscription_change"),
    ("Plan Switched", "", "", "", "subscription_cancel"),
    ("Subscription Renewed", "properties.interval_months", "at_least", "3", "subscription_start"),
)
SERVER_NAMES = {"identify", "plan switched", "subscription renewed"}
FILES = ("frameworks", "framework_stages", "stage_rules", "rules", "rule_conditions")


def _probe(
    signal: str, measure: str, window: str = "", low: str = "", high: str = ""
) -> dict[str, str]:
    return {
        "signal": signal,
        "measure": measure,
        "window_days": window,
        "at_least": low,
        "below": high,
    }


# Conditions that chance would rarely draw: each is the only way to see some line of the page.
PROBES = {
    "x_rule_00": _probe("nps", "latest", "", "9"),
    "x_rule_01": _probe("revenue", "latest", "60", "0"),
    "x_rule_02": _probe("reactivation", "count", "", "1"),
    "x_rule_03": _probe("reactivation", "days_since_last", "90", "2", "31"),
    "x_rule_04": _probe("order", "days_since_first", "180", "", "30"),
    "x_rule_05": _probe("revenue", "sum", "", "100", "500"),
    "x_rule_06": _probe("order", "latest", "365", "99.9999"),
    "x_rule_07": _probe("refund", "sum", "31", "0.0001"),
    "x_rule_08": _probe("subscription_renewal", "sum", "", "10"),
    "x_rule_09": _probe("open_order", "days", "2", "1"),
    # 100 or 250 in a foreign currency at one rate or the next, and half a unit rounded up.
    "x_rule_10": _probe("order", "latest", "", "93.3333", "105"),
    "x_rule_11": _probe("order", "latest", "", "108.7654", "110"),
    "x_rule_12": _probe("order", "latest", "", "225", "271.9136"),
    "x_rule_13": _probe("order", "latest", "", "18000.0005", "20000.0005"),
    "x_rule_14": _probe("order", "latest", "", "22000.0006", "23000"),
    "x_rule_15": _probe("subscribed", "count", "", "1"),
    "x_rule_16": _probe("subscribed", "days_since_first", "", "31"),
    "x_rule_17": _probe("purchase", "days", "400", "2"),
    "x_rule_18": _probe("purchase", "sum", "", "9", "10"),
    "x_rule_19": _probe("payment_failed", "count", "30", "1"),
    "x_rule_20": _probe("subscribed", "count", "30", "2"),
}


@dataclass(frozen=True)
class RuleRows:
    """Invented rows per seed file, header names as keys."""

    frameworks: tuple[dict[str, str], ...]
    framework_stages: tuple[dict[str, str], ...]
    stage_rules: tuple[dict[str, str], ...]
    rules: tuple[dict[str, str], ...]
    rule_conditions: tuple[dict[str, str], ...]
    health_policy: dict[str, str]


@st.composite
def rule_rows(draw: Callable[[Any], Any]) -> RuleRows:
    """Twenty frameworks, one in five of accounts, of two to six stages, and their rules."""
    rules = [f"x_rule_{number:02d}" for number in range(40)]
    conditions = [
        {"rule": rule, "condition_no": str(number), **condition}
        for rule in rules
        for number, condition in enumerate(
            [PROBES[rule]]
            if rule in PROBES
            else draw(
                st.lists(
                    _conditions(),
                    min_size=1,
                    max_size=draw(st.sampled_from((1, 1, 2, 3))),
                    unique_by=lambda row: (row["signal"], row["measure"], row["window_days"]),
                )
            ),
            start=1,
        )
    ]
    # Half of the frameworks have one rule above the entry stage, so that each day of the rule is
    # seen; in the others several stages compete.
    shapes = [1] * 18 + [draw(st.integers(2, 5)) for _ in range(6)]
    unused = list(rules)
    frameworks: list[dict[str, str]] = []
    stages: list[dict[str, str]] = []
    stage_rules: list[dict[str, str]] = []
    for number, higher in enumerate(shapes):
        framework = f"x_framework_{number:02d}"
        frameworks.append(
            {
                "framework": framework,
                "subject_type": "account" if number % 5 == 4 else "person",
                "title": f"Invented {number}",
                "is_default": "false",
                "source": "invented",
            }
        )
        for ordinal in range(1, higher + 2):
            stage = f"s{ordinal}"
            stages.append(
                {
                    "framework": framework,
                    "stage": stage,
                    "ordinal": str(ordinal),
                    "is_optional": "true" if ordinal > 1 and draw(st.booleans()) else "false",
                    "label": stage,
                    "label_it": stage,
                    "description": "An invented stage.",
                }
            )
            chosen = {"seen"} if ordinal == 1 else set()
            wanted = 1 if higher == 1 else draw(st.integers(1, 3))
            while len(chosen) < wanted:
                chosen.add(unused.pop(0) if unused else draw(st.sampled_from(rules)))
            stage_rules += [
                {"framework": framework, "stage": stage, "rule": rule} for rule in sorted(chosen)
            ]
    used = {row["rule"] for row in stage_rules}
    return RuleRows(
        frameworks=tuple(frameworks),
        framework_stages=tuple(stages),
        stage_rules=tuple(stage_rules),
        rules=tuple({"rule": rule, "rationale": "Invented."} for rule in rules if rule in used),
        rule_conditions=tuple(row for row in conditions if row["rule"] in used),
        health_policy=draw(st.sampled_from(HEALTH)),
    )


@st.composite
def _conditions(draw: Callable[[Any], Any]) -> dict[str, str]:
    measure = draw(st.sampled_from(MEASURES))
    signals = VALUED if measure in ("sum", "latest") and draw(st.integers(1, 4)) > 1 else SIGNALS
    low, high = draw(_bounds(measure))
    # A range its window can never reach is refused before a build, so none is invented.
    reachable = [
        window
        for window in WINDOWS
        if window is None or measure in ("count", "sum", "latest") or low is None or low < window
    ]
    window = draw(st.sampled_from(reachable))
    return {
        "signal": draw(st.sampled_from(signals)),
        "measure": measure,
        "window_days": "" if window is None else str(window),
        "at_least": "" if low is None else str(low),
        "below": "" if high is None else str(high),
    }


@st.composite
def _bounds(draw: Callable[[Any], Any], measure: str) -> tuple[Decimal | None, Decimal | None]:
    if measure in ("count", "days"):
        marks = ("0", "1", "1", "2", "3", "4")
    elif measure in ("sum", "latest"):
        marks = ("-100", "-0.0001", "0", "0.0001", "4", "9", "90", "99.9999", "110", "250", "500")
    else:
        marks = ("0", "1", "7", "13.5", "14", "30", "60", "89.5", "90", "365")
    low, high = sorted(
        (Decimal(draw(st.sampled_from(marks))), Decimal(draw(st.sampled_from(marks))))
    )
    if low == high:
        high += 1
    return draw(st.sampled_from(((low, None), (low, None), (None, high), (low, high))))


def write_rules(rows: RuleRows, shipped: Path, rules_dir: Path) -> None:
    """Write the override files: the shipped default framework and its rules, and the invented ones.

    Args:
        rows: invented rows.
        shipped: the shipped seeds directory.
        rules_dir: folder to fill; made when absent.
    """
    rules_dir.mkdir(parents=True, exist_ok=True)
    shipped_rows = {name: _read(shipped / f"{name}.csv") for name in (*FILES, "health_policy")}
    default = {
        row["framework"]
        for row in shipped_rows["frameworks"][1]
        if row["is_default"].strip().lower() == "true"
    }
    kept_rules = {
        row["rule"] for row in shipped_rows["stage_rules"][1] if row["framework"] in default
    }
    for name in FILES:
        header, old = shipped_rows[name]
        kept = [
            row
            for row in old
            if (row["framework"] in default if "framework" in row else row["rule"] in kept_rules)
        ]
        _write(rules_dir / f"{name}.csv", header, [*kept, *getattr(rows, name)])
    header, policies = shipped_rows["health_policy"]
    changed = [{**policy, **rows.health_policy} for policy in policies]
    header += [name for name in rows.health_policy if name not in header]
    _write(rules_dir / "health_policy.csv", header, changed)
    header, event_signals = _read(shipped / "event_signals.csv")
    _write(rules_dir / "event_signals.csv", header, [*event_signals, *_event_signals()])


def _event_signals() -> list[dict[str, str]]:
    return [
        {
            "event_name": name,
            "property": column,
            "operator": operator,
            "operand": operand,
            "signal": signal,
            "value_property": "",
            "is_money": str(signal.startswith("subscription")).lower(),
            "is_key_event": "false",
            "is_visit": str(folded(name) not in SERVER_NAMES).lower(),
        }
        for name, column, operator, operand, signal in EVENT_SIGNALS
    ]


def _read(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
        return list(reader.fieldnames or []), rows


def _write(path: Path, header: list[str], rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
