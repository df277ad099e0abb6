"""What makes rule rows runnable: pure checks, one sentence per problem.

Belongs here: everything that can be said about the rows of `seeds/rules` without data, each problem
with the seed file and line. Does not belong here: reading, merging or writing the files
(`rule_set`), the two seeds with modules of their own (`event_signals`, `health_policy`), and what a
rule means in SQL.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal

from orchestration.errors import nearest, shown
from orchestration.rules.event_signals import DERIVED_SIGNALS, event_signal_problems
from orchestration.rules.health_policy import health_problems
from orchestration.rules.seed_rows import (
    Rows,
    SeedRow,
    Seeds,
    duplicate_problems,
    is_true,
    name_problems,
    truth_problems,
)

# Signals that need no row in event_signals.csv; `lead` also comes from customers.
BUILT_IN_SIGNALS = DERIVED_SIGNALS | {"lead"}
COUNTING = frozenset({"count", "days"})
AGES = frozenset({"days_since_first", "days_since_last"})
MEASURES = COUNTING | AGES | {"sum", "latest"}
# The engine keeps the conditions of a subject as bits in two words of 60.
MOST_CONDITIONS = 120
# Seeds of numbers that the SQL reads by name: what one is called there, and who reads it.
NAMED_LIMITS = {"kpi_windows.csv": ("window", "KPI"), "value_limits.csv": ("limit", "model")}
_NUMBER = re.compile(r"-?\d{1,14}(\.\d{1,4})?", re.ASCII)
_WHOLE = re.compile(r"\d{1,6}", re.ASCII)


def find_problems(seeds: Seeds, limits: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """Return every problem of the rule seeds, file by file, each one sentence.

    Args:
        seeds: the rows of each rule seed by file name, with all its columns present.
        limits: the names that the SQL knows, those of the shipped seed, by file of NAMED_LIMITS.
    """
    return tuple(
        dict.fromkeys(
            (
                *_framework_problems(seeds["frameworks.csv"]),
                *_stage_problems(seeds["framework_stages.csv"], seeds["frameworks.csv"]),
                *event_signal_problems(seeds["event_signals.csv"]),
                *_rule_problems(seeds["rules.csv"], seeds["rule_conditions.csv"]),
                *_condition_problems(seeds["rule_conditions.csv"], known_signals(seeds)),
                *_stage_rule_problems(seeds),
                *_entry_problems(seeds),
                *health_problems(seeds["health_policy.csv"]),
                *(
                    problem
                    for file, known in limits.items()
                    for problem in _limit_problems(file, seeds[file], known)
                ),
            )
        )
    )


def known_signals(seeds: Seeds) -> frozenset[str]:
    """Return every signal a condition may name."""
    named = {row["signal"] for row in seeds["event_signals.csv"] if row["signal"]}
    return BUILT_IN_SIGNALS | named


def _framework_problems(frameworks: Rows) -> Iterator[str]:
    yield from name_problems(frameworks, ("framework",))
    yield from duplicate_problems(frameworks, ("framework",))
    yield from truth_problems(frameworks, "is_default")
    for row in frameworks:
        if row["framework"] == "all":
            yield row.problem('a framework cannot be called "all", which stands for every one')
        if row["subject_type"] not in {"person", "account"}:
            text = f"subject_type must be person or account, not {shown(row['subject_type'])}"
            yield row.problem(text)
        if is_true(row["is_default"]) and row["subject_type"] == "account":
            text = f"the default framework {shown(row['framework'])} is for accounts"
            yield row.problem(f"{text}; the default framework must be for persons")
    defaults = [row for row in frameworks if is_true(row["is_default"])]
    if not defaults:
        yield "frameworks.csv: no framework is the default; set is_default to true on one row."
    for row in defaults[1:]:
        text = f"{shown(row['framework'])} is a second default beside line {defaults[0].line}"
        yield row.problem(f"{text}; set is_default to true on one row only")


def _stage_problems(stages: Rows, frameworks: Rows) -> Iterator[str]:
    names = {row["framework"] for row in frameworks}
    yield from name_problems(stages, ("stage",))
    yield from duplicate_problems(stages, ("framework", "stage"))
    yield from truth_problems(stages, "is_optional")
    by_framework: defaultdict[str, list[SeedRow]] = defaultdict(list)
    for row in stages:
        by_framework[row["framework"]].append(row)
        if row["framework"] not in names:
            hint = nearest(row["framework"], names)
            yield row.problem(f"the framework {shown(row['framework'])} is unknown{hint}")
        if not row["label"]:
            yield row.problem(f"the stage {shown(row['stage'])} has no label")
    for row in frameworks:
        if row["framework"] not in by_framework:
            yield row.problem(f"{shown(row['framework'])} has no row in framework_stages.csv")
    for framework, members in by_framework.items():
        yield from _ordinal_problems(framework, members)


def _ordinal_problems(framework: str, stages: list[SeedRow]) -> Iterator[str]:
    placed: dict[int, SeedRow] = {}
    for row in stages:
        if not _WHOLE.fullmatch(row["ordinal"]) or int(row["ordinal"]) < 1:
            text = f"ordinal must be a whole number from 1, not {shown(row['ordinal'])}"
            yield row.problem(text)
            continue
        ordinal = int(row["ordinal"])
        if ordinal in placed:
            text = f"ordinal {ordinal} of {shown(framework)} stands already on line"
            yield row.problem(f"{text} {placed[ordinal].line}")
        placed.setdefault(ordinal, row)
    previous = 0
    for ordinal in sorted(placed):
        if ordinal != previous + 1:
            text = f"the ordinals of {shown(framework)} jump from {previous} to {ordinal}"
            yield placed[ordinal].problem(f"{text}; number the stages 1, 2, 3 without gaps")
        previous = ordinal


def _rule_problems(rules: Rows, conditions: Rows) -> Iterator[str]:
    yield from name_problems(rules, ("rule",))
    yield from duplicate_problems(rules, ("rule",))
    with_conditions = {row["rule"] for row in conditions}
    names = {row["rule"] for row in rules}
    for row in rules:
        if row["rule"] not in with_conditions:
            text = f"the rule {shown(row['rule'])} has no condition in rule_conditions.csv"
            yield row.problem(text)
    for row in conditions:
        if row["rule"] not in names:
            hint = nearest(row["rule"], names)
            yield row.problem(f"the rule {shown(row['rule'])} is not in rules.csv{hint}")


def _condition_problems(conditions: Rows, signals: frozenset[str]) -> Iterator[str]:
    yield from duplicate_problems(conditions, ("rule", "condition_no"))
    once: dict[tuple[str, ...], SeedRow] = {}
    for row in conditions:
        rule = shown(row["rule"])
        if not _WHOLE.fullmatch(row["condition_no"]):
            text = f"condition_no must be a whole number, not {shown(row['condition_no'])}"
            yield row.problem(text)
        if row["signal"] not in signals:
            hint = nearest(row["signal"], signals)
            text = f"the rule {rule} names the unknown signal {shown(row['signal'])}{hint}"
            yield row.problem(text)
        if row["measure"] not in MEASURES:
            hint = nearest(row["measure"], MEASURES)
            text = f"the rule {rule} names the unknown measure {shown(row['measure'])}{hint}"
            yield row.problem(text)
        yield from _range_problems(row)
        key = (row["rule"], row["signal"], row["measure"], row["window_days"])
        if key in once:
            text = f"the rule {rule} judges {row['signal']} {row['measure']} twice (see line"
            yield row.problem(f"{text} {once[key].line}); write one range that says both")
        once.setdefault(key, row)


def _range_problems(row: SeedRow) -> Iterator[str]:
    window, measure = row["window_days"], row["measure"]
    if window and not (_WHOLE.fullmatch(window) and 1 <= int(window) <= 36500):
        text = f"window_days must be a whole number from 1 to 36500, not {shown(window)}"
        yield row.problem(f"{text}; leave it blank for no window")
        window = ""
    bounds: dict[str, Decimal] = {}
    for column in ("at_least", "below"):
        if not row[column]:
            continue
        if _NUMBER.fullmatch(row[column]):
            bounds[column] = Decimal(row[column])
        else:
            text = f"{column} must be a number with at most 4 decimals, not"
            yield row.problem(f"{text} {shown(row[column])}; leave it blank for no bound")
    at_least, below = bounds.get("at_least"), bounds.get("below")
    never = f"the rule {shown(row['rule'])} has an empty range:"
    if at_least is not None and below is not None and at_least >= below:
        text = f"{never} at_least {at_least} is not less than below {below}"
        yield row.problem(text)
    elif measure in COUNTING | AGES and below is not None and below <= 0:
        yield row.problem(f"{never} {measure} is never below {below}")
    if window and at_least is not None and _beyond_window(measure, at_least, int(window)):
        yield row.problem(f"{never} {measure} in {window} days never reaches {at_least}")


def _beyond_window(measure: str, at_least: Decimal, window: int) -> bool:
    """Whether a measure cannot reach `at_least` among the last `window` days."""
    return (measure == "days" and at_least > window) or (measure in AGES and at_least >= window)


def _stage_rule_problems(seeds: Seeds) -> Iterator[str]:
    stage_rules, stages = seeds["stage_rules.csv"], seeds["framework_stages.csv"]
    frameworks = {row["framework"] for row in seeds["frameworks.csv"]}
    rules = {row["rule"] for row in seeds["rules.csv"]}
    by_framework: defaultdict[str, set[str]] = defaultdict(set)
    for row in stages:
        by_framework[row["framework"]].add(row["stage"])
    yield from duplicate_problems(stage_rules, ("framework", "stage", "rule"))
    for row in stage_rules:
        framework, stage, rule = row["framework"], row["stage"], row["rule"]
        if framework not in frameworks:
            hint = nearest(framework, frameworks)
            yield row.problem(f"the framework {shown(framework)} is unknown{hint}")
        elif stage not in by_framework[framework]:
            hint = nearest(stage, by_framework[framework])
            text = f"the stage {shown(stage)} is unknown in {shown(framework)}{hint}"
            yield row.problem(text)
        if rule not in rules:
            yield row.problem(f"the rule {shown(rule)} is unknown{nearest(rule, rules)}")
    reached = {(row["framework"], row["stage"]) for row in stage_rules}
    for row in stages:
        if (row["framework"], row["stage"]) not in reached:
            text = f"no rule reaches the stage {shown(row['stage'])} of {shown(row['framework'])}"
            yield row.problem(f"{text}; give it a row in stage_rules.csv")
    used = {row["rule"] for row in stage_rules}
    distinct = Counter(
        tuple(row[column] for column in ("signal", "measure", "window_days", "at_least", "below"))
        for row in seeds["rule_conditions.csv"]
        if row["rule"] in used
    )
    if len(distinct) > MOST_CONDITIONS:
        text = f"rule_conditions.csv: the stages use {len(distinct)} different conditions"
        yield f"{text}, the engine keeps at most {MOST_CONDITIONS}; let rules share conditions."


def _entry_problems(seeds: Seeds) -> Iterator[str]:
    conditions: defaultdict[str, list[SeedRow]] = defaultdict(list)
    for row in seeds["rule_conditions.csv"]:
        conditions[row["rule"]].append(row)
    always = {rule for rule, rows in conditions.items() if all(map(_always_holds, rows))}
    entered = {
        (row["framework"], row["stage"])
        for row in seeds["stage_rules.csv"]
        if row["rule"] in always
    }
    for row in seeds["framework_stages.csv"]:
        if row["ordinal"] == "1" and (row["framework"], row["stage"]) not in entered:
            text = f"{shown(row['framework'])} has no entry stage: no rule of its lowest stage"
            text = f"{text} {shown(row['stage'])} holds on every day of a subject"
            yield row.problem(f'{text}; give it the rule of the condition "any count >= 1"')


def _always_holds(row: SeedRow) -> bool:
    """Whether a condition holds from a subject's first day on, whatever happens."""
    if row["signal"] != "any" or row["window_days"] or row["below"]:
        return False
    if row["at_least"] and not _NUMBER.fullmatch(row["at_least"]):
        return False
    least = {"count": 1, "days": 1, "days_since_first": 0, "days_since_last": 0}
    return row["measure"] in least and Decimal(row["at_least"] or 0) <= least[row["measure"]]


def _limit_problems(file: str, rows: Rows, known: Collection[str]) -> Iterator[str]:
    noun, reader = NAMED_LIMITS[file]
    yield from duplicate_problems(rows, ("name",))
    for row in rows:
        if row["name"] not in known:
            hint = nearest(row["name"], known)
            yield row.problem(f"no {reader} reads the {noun} {shown(row['name'])}{hint}")
        if not _WHOLE.fullmatch(row["value"]) or int(row["value"]) < 1:
            text = f"value must be a whole number from 1, not {shown(row['value'])}"
            yield row.problem(text)
        if not row["rationale"]:
            yield row.problem(f"the {noun} {shown(row['name'])} has no rationale")
    for name in sorted(set(known) - {row["name"] for row in rows}):
        yield f"{file}: the {noun} {shown(name)} is missing; a {reader} reads it."
