"""The rule rows as Python values, read from a seeds directory.

Belongs here: reading ``seeds/rules`` and which rows of ``event_signals`` an event matches. Does
not belong here: what a rule means for a subject (``engine``).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from statistics import NormalDist
from typing import Any

from tests.reference.texts import folded, number, properties_of, told
from tests.reference.world import Event

# docs/lifecycle_semantics.md#identity; the seed may name more.
NOT_IDS = frozenset(
    {
        *("", "0", "null", "undefined", "none", "nan", "n/a", "-", "true", "guest", "anonymous"),
        *("unknown", "(not set)", "not_authenticated", "[object object]"),
        "00000000-0000-0000-0000-000000000000",
    }
)


@dataclass(frozen=True)
class EventSignal:
    """One row of ``event_signals``: a name, perhaps a condition, and what it gives.

    ``signal`` None says only whether the name is a key event and a visit.
    """

    event_name: str
    signal: str | None
    value_property: str | None = None
    is_money: bool = False
    is_key_event: bool = False
    is_visit: bool = True
    property: str | None = None
    operator: str | None = None
    operand: str = ""

    def matches(self, event: Event) -> bool:
        """Whether the condition, if there is one, holds for an event of this name."""
        if self.property is None:
            return True
        value = _looked_up(event, self.property)
        operand = self.operand.strip()
        if self.operator in {"at_least", "below"}:
            seen, bound = number(told(value)), number(operand)
            if seen is None or bound is None:
                return False
            return seen >= bound if self.operator == "at_least" else seen < bound
        if not isinstance(value, str) or not value.strip():
            return False
        text = value.strip()
        match self.operator:
            case "equals":
                return text == operand
            case "in":
                return text in {part.strip() for part in operand.split("|")}
            case "starts_with":
                return text.startswith(operand)
            case "contains":
                return operand in text
            case _:
                raise ValueError(f"unknown operator {self.operator}")


def _looked_up(event: Event, name: str) -> Any:
    key = name.removeprefix("properties.")
    if key != name:
        return properties_of(event.properties).get(key)
    value = getattr(event, name)
    # An instant is neither a text nor a number.
    return None if isinstance(value, datetime) else value


@dataclass(frozen=True)
class Condition:
    """One measured range; ``window_days`` None is unbounded, a None bound is no bound."""

    signal: str
    measure: str
    window_days: int | None
    at_least: Decimal | None
    below: Decimal | None


@dataclass(frozen=True)
class Stage:
    """One stage of a framework with the names of the rules that lead to it, in name order."""

    name: str
    ordinal: int
    is_optional: bool
    rules: tuple[str, ...]


@dataclass(frozen=True)
class Framework:
    """A framework and its stages, lowest first."""

    name: str
    subject_type: str
    is_default: bool
    stages: tuple[Stage, ...]


@dataclass(frozen=True)
class HealthPolicy:
    """The row ``key = default`` of ``health_policy.csv``; days that are None follow the formula."""

    prior_gap_days: float
    prior_weight: float
    log_gap_sigma: float
    at_risk_quantile: float
    lapsed_quantile: float
    min_days: int
    max_days: int
    cold_after_days: int
    at_risk_after_days: int | None = None
    lapsed_after_days: int | None = None

    @cached_property
    def z_at_risk(self) -> float:
        """Standard normal quantile of being at risk."""
        return NormalDist().inv_cdf(self.at_risk_quantile)

    @cached_property
    def z_lapsed(self) -> float:
        """Standard normal quantile of having lapsed."""
        return NormalDist().inv_cdf(self.lapsed_quantile)


@dataclass(frozen=True)
class Rulebook:
    """Everything people decide that the lifecycle depends on."""

    frameworks: tuple[Framework, ...]
    conditions: dict[str, tuple[Condition, ...]]
    event_signals: tuple[EventSignal, ...]
    health: HealthPolicy
    excluded_ids: frozenset[str]

    @cached_property
    def _by_name(self) -> dict[str, list[EventSignal]]:
        found: dict[str, list[EventSignal]] = {}
        for row in self.event_signals:
            found.setdefault(folded(row.event_name), []).append(row)
        return found

    def signals_of(self, event: Event) -> dict[str, EventSignal]:
        """The signals an event feeds, each with the first row that matches."""
        found: dict[str, EventSignal] = {}
        for row in self._by_name.get(folded(event.event_name), ()):
            if row.signal is not None and row.signal not in found and row.matches(event):
                found[row.signal] = row
        return found

    def is_visit(self, event: Event) -> bool:
        """Whether an event can be part of a session."""
        return all(row.is_visit for row in self._by_name.get(folded(event.event_name), ()))

    def is_key_event(self, event: Event) -> bool:
        """Whether an event engages its session."""
        return any(row.is_key_event for row in self._by_name.get(folded(event.event_name), ()))

    @property
    def default_framework(self) -> Framework:
        """The framework that is always built."""
        return next(framework for framework in self.frameworks if framework.is_default)


def load(seeds_dir: Path, override_dir: Path | None = None) -> Rulebook:
    """Read a seeds directory; a file in ``override_dir`` replaces the shipped one of its name."""

    def rows(name: str) -> Iterator[dict[str, str]]:
        path = seeds_dir / name
        if override_dir is not None and (override_dir / name).exists():
            path = override_dir / name
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)

    conditions: dict[str, list[Condition]] = {row["rule"]: [] for row in rows("rules.csv")}
    for row in sorted(rows("rule_conditions.csv"), key=lambda row: int(row["condition_no"])):
        conditions[row["rule"]].append(
            Condition(
                signal=row["signal"],
                measure=row["measure"],
                window_days=int(row["window_days"]) if row["window_days"] else None,
                at_least=Decimal(row["at_least"]) if row["at_least"] else None,
                below=Decimal(row["below"]) if row["below"] else None,
            )
        )
    stage_rules: dict[tuple[str, str], list[str]] = {}
    for row in rows("stage_rules.csv"):
        stage_rules.setdefault((row["framework"], row["stage"]), []).append(row["rule"])
    stages: dict[str, list[Stage]] = {}
    for row in rows("framework_stages.csv"):
        stages.setdefault(row["framework"], []).append(
            Stage(
                name=row["stage"],
                ordinal=int(row["ordinal"]),
                is_optional=_is_true(row["is_optional"]),
                rules=tuple(sorted(stage_rules.get((row["framework"], row["stage"]), []))),
            )
        )
    return Rulebook(
        frameworks=tuple(
            Framework(
                name=row["framework"],
                subject_type=row["subject_type"],
                is_default=_is_true(row["is_default"]),
                stages=tuple(sorted(stages[row["framework"]], key=lambda stage: stage.ordinal)),
            )
            for row in rows("frameworks.csv")
        ),
        conditions={rule: tuple(found) for rule, found in conditions.items()},
        event_signals=tuple(map(_event_signal, rows("event_signals.csv"))),
        health=_policy(next(row for row in rows("health_policy.csv") if row["key"] == "default")),
        excluded_ids=NOT_IDS | {row["id"].strip().lower() for row in rows("excluded_ids.csv")},
    )


def _event_signal(row: dict[str, str]) -> EventSignal:
    return EventSignal(
        event_name=row["event_name"],
        signal=row["signal"].strip() or None,
        value_property=row["value_property"].strip() or None,
        is_money=_is_true(row["is_money"]),
        is_key_event=_is_true(row["is_key_event"]),
        is_visit=_is_true(row["is_visit"]),
        property=row["property"].strip() or None,
        operator=row["operator"].strip() or None,
        operand=row["operand"],
    )


def _policy(row: dict[str, str]) -> HealthPolicy:
    def days(name: str) -> int | None:
        return int(row[name]) if row.get(name) else None

    return HealthPolicy(
        prior_gap_days=float(row["prior_gap_days"]),
        prior_weight=float(row["prior_weight"]),
        log_gap_sigma=float(row["log_gap_sigma"]),
        at_risk_quantile=float(row["at_risk_quantile"]),
        lapsed_quantile=float(row["lapsed_quantile"]),
        min_days=int(row["min_days"]),
        max_days=int(row["max_days"]),
        cold_after_days=int(row["cold_after_days"]),
        at_risk_after_days=days("at_risk_after_days"),
        lapsed_after_days=days("lapsed_after_days"),
    )


def _is_true(text: str) -> bool:
    return text.strip().lower() in {"true", "1", "yes", "t"}
