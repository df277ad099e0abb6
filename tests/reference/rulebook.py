"""The rule rows as Python values, read from a seeds directory.

Belongs here: reading ``seeds/rules`` and writing a changed copy of it. Does not belong here:
what a rule means for a subject (``engine``).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path


@dataclass(frozen=True)
class EventSignal:
    """Which signal an event name feeds and where its value lies."""

    signal: str
    value_property: str | None
    is_money: bool


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
    """The row ``key = default`` of ``health_policy.csv``."""

    prior_gap_days: float
    prior_weight: float
    log_gap_sigma: float
    z_at_risk: float
    z_lapsed: float
    min_days: int
    max_days: int


@dataclass(frozen=True)
class Rulebook:
    """Everything people decide that the lifecycle depends on."""

    frameworks: tuple[Framework, ...]
    conditions: dict[str, tuple[Condition, ...]]
    event_signals: dict[str, EventSignal]
    health: HealthPolicy
    excluded_ids: frozenset[str]


def load(seeds_dir: Path, override_dir: Path | None = None) -> Rulebook:
    """Read a seeds directory; a file in ``override_dir`` replaces the shipped one of its name."""

    def rows(name: str) -> Iterator[dict[str, str]]:
        path = seeds_dir / name
        if override_dir is not None and (override_dir / name).exists():
            path = override_dir / name
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)

    conditions: dict[str, list[Condition]] = {row["rule"]: [] for row in rows("rules.csv")}
    for row in rows("rule_conditions.csv"):
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
    policy = next(row for row in rows("health_policy.csv") if row["key"] == "default")
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
        event_signals={
            row["event_name"]: EventSignal(
                row["signal"], row["value_property"] or None, _is_true(row["is_money"])
            )
            for row in rows("event_signals.csv")
        },
        health=HealthPolicy(
            prior_gap_days=float(policy["prior_gap_days"]),
            prior_weight=float(policy["prior_weight"]),
            log_gap_sigma=float(policy["log_gap_sigma"]),
            z_at_risk=float(policy["z_at_risk"]),
            z_lapsed=float(policy["z_lapsed"]),
            min_days=int(policy["min_days"]),
            max_days=int(policy["max_days"]),
        ),
        # A blank id is absent whatever the seed says: a CSV cannot name it plainly.
        excluded_ids=frozenset(
            {"", *(row["id"].strip().lower() for row in rows("excluded_ids.csv"))}
        ),
    )


def _is_true(text: str) -> bool:
    return text.strip().lower() in {"true", "1", "yes", "t"}
