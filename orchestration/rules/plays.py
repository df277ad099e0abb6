"""What makes the rows of `plays.csv` runnable.

Belongs here: the checks of that one seed. Does not belong here: who is due what, which SQL decides;
what may change of a play that has started (`started_plays`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from orchestration.errors import SettingsError, nearest, shown
from orchestration.rules.missing_names import Lack
from orchestration.rules.seed_rows import (
    Rows,
    SeedRow,
    Seeds,
    is_true,
    name_problems,
    truth_problems,
)
from orchestration.settings.values import read_date

# What the value of a trigger is: a stage, a health, a signal, days, or nothing.
TRIGGERS: Mapping[str, str] = {
    "stage_entered": "stage",
    "stage_left": "stage",
    "health_entered": "health",
    "signal": "signal",
    "cart_abandoned": "",
    "checkout_unfinished": "",
    "first_purchase": "",
    "order_delivered": "",
    "ticket_resolved": "",
    "survey_detractor": "",
    "expected_order_missed": "days",
    "renewal_due": "days",
}
# The row of play_results that stands for all plays together.
_ALL_PLAYS = "programme"
_DAYS = re.compile(r"\d{1,4}", re.ASCII)
_SHARE = re.compile(r"0(\.\d{1,6})?|1(\.0{1,6})?", re.ASCII)


@dataclass(frozen=True)
class Names:
    """What plays may name.

    Attributes:
        frameworks: every framework.
        stages: each with its framework; those of the default one also with a blank.
        healths: every health.
        signals: every signal.
    """

    frameworks: frozenset[str]
    stages: frozenset[tuple[str, str]]
    healths: frozenset[str]
    signals: frozenset[str]

    def __or__(self, other: Names) -> Names:
        """Return the names of both."""
        return Names(
            frameworks=self.frameworks | other.frameworks,
            stages=self.stages | other.stages,
            healths=self.healths | other.healths,
            signals=self.signals | other.signals,
        )


def names_in(seeds: Seeds, signals: Collection[str]) -> Names:
    """Return what plays may name by the rows of the other seeds."""
    defaults = {row["framework"] for row in seeds["frameworks.csv"] if is_true(row["is_default"])}
    stages = {(row["framework"], row["stage"]) for row in seeds["framework_stages.csv"]}
    return Names(
        frameworks=frozenset(row["framework"] for row in seeds["frameworks.csv"]),
        stages=frozenset(stages | {("", stage) for name, stage in stages if name in defaults}),
        healths=frozenset(row["health"] for row in seeds["health_labels.csv"]),
        signals=frozenset(signals),
    )


def play_problems(
    plays: Rows, names: Names, shipped: Names, *, are_own: bool
) -> Iterator[str | Lack]:
    """Yield every problem of the rows, each one sentence with file and line.

    A shipped play may name what the user's rules do without: it finds nobody, and is no mistake.

    Args:
        plays: the rows.
        names: what the rules hold that are built with.
        shipped: what the shipped ones hold.
        are_own: whether the file is the user's as a whole.
    """
    yield from name_problems(plays, ("play",))
    for column in ("is_service", "needs_consent"):
        yield from truth_problems(plays, column)
    for row in plays:
        if row["play"] == _ALL_PLAYS:
            yield row.problem(f"a play cannot be called {shown(_ALL_PLAYS)}, which is all of them")
        known = names if are_own or row.file != "plays.csv" else names | shipped
        yield from _name_problems(row, known)
        yield from _trigger_problems(row, known)
        yield from _number_problems(row)
        if row["starts_on"]:
            try:
                read_date("starts_on", row["starts_on"])
            except SettingsError as error:
                yield row.problem(str(error).rstrip("."))


def _name_problems(row: SeedRow, names: Names) -> Iterator[Lack]:
    if row["framework"] and row["framework"] not in names.frameworks:
        yield _lack(row, "framework", row["framework"], "frameworks.csv", names.frameworks)
    if row["goal_signal"] not in names.signals:
        yield _lack(row, "signal", row["goal_signal"], "event_signals.csv", names.signals)


def _trigger_problems(row: SeedRow, names: Names) -> Iterator[str | Lack]:
    trigger, value = row["trigger"], row["trigger_value"]
    if trigger not in TRIGGERS:
        hint = nearest(trigger, TRIGGERS)
        text = f"the trigger {shown(trigger)} is unknown{hint}; use one of"
        yield row.problem(f"{text} {', '.join(TRIGGERS)}")
        return
    kind = TRIGGERS[trigger]
    if not kind:
        if value:
            yield row.problem(f"{trigger} takes no trigger_value; leave {shown(value)} out")
    elif not value:
        yield row.problem(f"{trigger} needs a trigger_value: which {kind}")
    elif kind == "stage":
        if (row["framework"], value) not in names.stages and (
            not row["framework"] or row["framework"] in names.frameworks
        ):
            stages = {stage for name, stage in names.stages if name == row["framework"]}
            yield _lack(row, "stage", value, "framework_stages.csv", stages)
    elif kind == "health":
        if value not in names.healths:
            text = f"the health {shown(value)} is unknown{nearest(value, names.healths)}"
            yield row.problem(f"{text}; use one of {', '.join(sorted(names.healths))}")
    elif kind == "signal":
        if value not in names.signals:
            yield _lack(row, "signal", value, "event_signals.csv", names.signals)
    elif not (_DAYS.fullmatch(value) and int(value) >= 1):
        text = f"the trigger_value of {trigger} must be a number of days from 1"
        yield row.problem(f"{text}, not {shown(value)}")


def _number_problems(row: SeedRow) -> Iterator[str]:
    is_service = is_true(row["is_service"])
    least = 0 if is_service else 1
    lows = {"delay_days": least, "open_days": least, "cool_down_days": 0, "goal_days": 1}
    lows["priority"] = 1
    bad: set[str] = set()
    for column, low in lows.items():
        if not (_DAYS.fullmatch(row[column]) and int(row[column]) >= low):
            bad.add(column)
            why = " for marketing" if low and column in {"delay_days", "open_days"} else ""
            text = f"{column} must be a whole number from {low}{why}, not {shown(row[column])}"
            yield row.problem(text)
    if not bad & {"cool_down_days", "goal_days"} and int(row["cool_down_days"]) < int(
        row["goal_days"]
    ):
        text = f"cool_down_days {row['cool_down_days']} is less than goal_days {row['goal_days']}"
        yield row.problem(f"{text}; a play rests at least until its goal is judged")
    if not _SHARE.fullmatch(row["holdout_share"]):
        text = f"holdout_share must be a share from 0 to 1, not {shown(row['holdout_share'])}"
        yield row.problem(text)
    elif is_service and float(row["holdout_share"]):
        text = f"{shown(row['play'])} is service, which nobody is held back from"
        yield row.problem(f"{text}; its holdout_share must be 0, not {row['holdout_share']}")


def _lack(row: SeedRow, noun: str, name: str, seed: str, known: Collection[str]) -> Lack:
    text = f"the {noun} {shown(name)} is unknown{nearest(name, known)}"
    return Lack(row, noun, shown(name), seed, text)
