"""What makes rule rows runnable: pure checks, one sentence per problem.

Belongs here: everything that can be said about the rows of `seeds/rules` without data, each problem
with the seed file and line. Does not belong here: reading, merging or writing the files
(`rule_set`), problems of form (`seed_shapes`), the seeds with modules of their own
(`event_signals`, `health_policy`, `plays`, `rfm_segments`, `segments`), and what a rule means in
SQL.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from decimal import Decimal

from orchestration.errors import nearest, shown
from orchestration.rules.event_signals import DERIVED_SIGNALS, event_signal_problems
from orchestration.rules.health_policy import health_problems
from orchestration.rules.missing_names import Lack, told
from orchestration.rules.plays import names_in, play_problems
from orchestration.rules.rfm_segments import rfm_problems
from orchestration.rules.seed_rows import (
    Rows,
    SeedRow,
    Seeds,
    is_true,
    name_problems,
    truth_problems,
)
from orchestration.rules.segments import segment_problems

# Signals that need no row in event_signals.csv; `lead` also comes from customers.
BUILT_IN_SIGNALS = DERIVED_SIGNALS | {"lead"}
COUNTING = frozenset({"count", "days"})
AGES = frozenset({"days_since_first", "days_since_last"})
MEASURES = COUNTING | AGES | {"sum", "latest"}
# The engine keeps the conditions of a subject as bits in two words of 60.
MOST_CONDITIONS = 120
_NUMBER = re.compile(r"-?\d{1,14}(\.\d{1,4})?", re.ASCII)
_WHOLE = re.compile(r"\d{1,6}", re.ASCII)
# Words that the marts have in the place of a stage.
_NO_STAGES = {"new": "whoever was not there before", "all": "every one"}
# Seeds whose rows the SQL knows by name: what may change are their other cells.
_LIMITS = {"kpi_windows.csv": "window", "value_limits.csv": "limit"}
_FIXED = {**_LIMITS, "kpis.csv": "KPI", "health_labels.csv": "health"}


def find_problems(seeds: Seeds, shipped: Seeds, own: Collection[str]) -> tuple[str, ...]:
    """Return every problem of the rule seeds, file by file, each one sentence.

    Args:
        seeds: the rows of each seed by file name, with all its columns present.
        shipped: the same as they are shipped.
        own: the files that a user's whole file replaces.
    """
    return tuple(
        dict.fromkeys(
            told(
                (
                    *_framework_problems(seeds["frameworks.csv"]),
                    *_stage_problems(seeds["framework_stages.csv"], seeds["frameworks.csv"]),
                    *event_signal_problems(seeds["event_signals.csv"]),
                    *_rule_problems(seeds["rules.csv"], seeds["rule_conditions.csv"]),
                    *_condition_problems(seeds["rule_conditions.csv"], known_signals(seeds)),
                    *_stage_rule_problems(seeds),
                    *_entry_problems(seeds),
                    *health_problems(seeds["health_policy.csv"]),
                    *_limit_problems(seeds, shipped),
                    *rfm_problems(seeds["rfm_segments.csv"]),
                    *segment_problems(seeds["segments.csv"], seeds["segment_conditions.csv"]),
                    *_play_problems(seeds, shipped, own),
                    *_target_problems(seeds["kpi_targets.csv"], seeds["kpis.csv"]),
                    *_input_problems(seeds, shipped),
                    *_fixed_problems(seeds, shipped),
                ),
                own,
            )
        )
    )


def known_signals(seeds: Seeds) -> frozenset[str]:
    """Return every signal a condition may name."""
    named = {row["signal"] for row in seeds["event_signals.csv"] if row["signal"]}
    return BUILT_IN_SIGNALS | named


def _framework_problems(frameworks: Rows) -> Iterator[str]:
    yield from name_problems(frameworks, ("framework",))
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
        first = defaults[0].seen_from(row)
        text = f"{shown(row['framework'])} is a second default beside {first}"
        yield row.problem(f"{text}; set is_default to true on one row only")


def _stage_problems(stages: Rows, frameworks: Rows) -> Iterator[str | Lack]:
    names = {row["framework"] for row in frameworks}
    yield from name_problems(stages, ("stage",))
    yield from truth_problems(stages, "is_optional")
    by_framework: defaultdict[str, list[SeedRow]] = defaultdict(list)
    for row in stages:
        by_framework[row["framework"]].append(row)
        if row["framework"] not in names:
            yield _unknown_framework(row, names)
        if row["stage"] in _NO_STAGES:
            text = f"a stage cannot be called {shown(row['stage'])}, which stands for"
            yield row.problem(f"{text} {_NO_STAGES[row['stage']]}; name it otherwise")
    for row in frameworks:
        if row["framework"] not in by_framework:
            name = shown(row["framework"])
            text = f"{name} has no row in framework_stages.csv"
            yield Lack(row, "framework", name, "framework_stages.csv", text)
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
            text = f"ordinal {ordinal} of {shown(framework)} stands already on"
            yield row.problem(f"{text} {placed[ordinal].seen_from(row)}")
        placed.setdefault(ordinal, row)
    previous = 0
    for ordinal in sorted(placed):
        if ordinal != previous + 1:
            text = f"the ordinals of {shown(framework)} jump from {previous} to {ordinal}"
            yield placed[ordinal].problem(f"{text}; number the stages 1, 2, 3 without gaps")
        previous = ordinal


def _unknown_framework(row: SeedRow, names: Collection[str]) -> Lack:
    name = shown(row["framework"])
    text = f"the framework {name} is unknown{nearest(row['framework'], names)}"
    return Lack(row, "framework", name, "frameworks.csv", text)


def _unknown_rule(row: SeedRow, names: Collection[str]) -> Lack:
    name = shown(row["rule"])
    text = f"the rule {name} is not in rules.csv{nearest(row['rule'], names)}"
    return Lack(row, "rule", name, "rules.csv", text)


def _rule_problems(rules: Rows, conditions: Rows) -> Iterator[str | Lack]:
    yield from name_problems(rules, ("rule",))
    with_conditions = {row["rule"] for row in conditions}
    names = {row["rule"] for row in rules}
    for row in rules:
        if row["rule"] not in with_conditions:
            name = shown(row["rule"])
            text = f"the rule {name} has no condition in rule_conditions.csv"
            yield Lack(row, "rule", name, "rule_conditions.csv", text)
    for row in conditions:
        if row["rule"] not in names:
            yield _unknown_rule(row, names)


def _condition_problems(conditions: Rows, signals: frozenset[str]) -> Iterator[str | Lack]:
    once: dict[tuple[str, ...], SeedRow] = {}
    for row in conditions:
        rule = shown(row["rule"])
        if not _WHOLE.fullmatch(row["condition_no"]):
            text = f"condition_no must be a whole number, not {shown(row['condition_no'])}"
            yield row.problem(text)
        if row["signal"] not in signals:
            name = shown(row["signal"])
            text = f"the rule {rule} names the unknown signal {name}"
            text += nearest(row["signal"], signals)
            yield Lack(row, "signal", name, "event_signals.csv", text)
        if row["measure"] not in MEASURES:
            hint = nearest(row["measure"], MEASURES)
            text = f"the rule {rule} names the unknown measure {shown(row['measure'])}{hint}"
            yield row.problem(text)
        yield from _range_problems(row)
        key = (row["rule"], row["signal"], row["measure"], row["window_days"])
        if key in once:
            text = f"the rule {rule} judges {row['signal']} {row['measure']} twice (see"
            place = once[key].seen_from(row)
            yield row.problem(f"{text} {place}); write one range that says both")
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


def _stage_rule_problems(seeds: Seeds) -> Iterator[str | Lack]:
    stage_rules, stages = seeds["stage_rules.csv"], seeds["framework_stages.csv"]
    frameworks = {row["framework"] for row in seeds["frameworks.csv"]}
    rules = {row["rule"] for row in seeds["rules.csv"]}
    by_framework: defaultdict[str, set[str]] = defaultdict(set)
    for row in stages:
        by_framework[row["framework"]].add(row["stage"])
    for row in stage_rules:
        framework, stage = row["framework"], row["stage"]
        if framework not in frameworks:
            yield _unknown_framework(row, frameworks)
        elif stage not in by_framework[framework]:
            name = f"{shown(stage)} of {shown(framework)}"
            text = f"the stage {shown(stage)} is unknown in {shown(framework)}"
            text += nearest(stage, by_framework[framework])
            yield Lack(row, "stage", name, "framework_stages.csv", text)
        if row["rule"] not in rules:
            yield _unknown_rule(row, rules)
    reached = {(row["framework"], row["stage"]) for row in stage_rules}
    for row in stages:
        if (row["framework"], row["stage"]) not in reached:
            text = f"no rule reaches the stage {shown(row['stage'])} of {shown(row['framework'])}"
            yield _unreached(row, f"{text}; give it a row in stage_rules.csv")
    used = {row["rule"] for row in stage_rules}
    distinct = Counter(
        tuple(row[column] for column in ("signal", "measure", "window_days", "at_least", "below"))
        for row in seeds["rule_conditions.csv"]
        if row["rule"] in used
    )
    if len(distinct) > MOST_CONDITIONS:
        text = f"rule_conditions.csv: the stages use {len(distinct)} different conditions"
        yield f"{text}, the engine keeps at most {MOST_CONDITIONS}; let rules share conditions."


def _unreached(stage: SeedRow, text: str) -> Lack:
    name = f"{shown(stage['stage'])} of {shown(stage['framework'])}"
    return Lack(stage, "stage", name, "stage_rules.csv", text)


def _entry_problems(seeds: Seeds) -> Iterator[str | Lack]:
    conditions: defaultdict[str, list[SeedRow]] = defaultdict(list)
    for row in seeds["rule_conditions.csv"]:
        conditions[row["rule"]].append(row)
    always = {rule for rule, rows in conditions.items() if all(map(_always_holds, rows))}
    reached: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for row in seeds["stage_rules.csv"]:
        reached[row["framework"], row["stage"]].add(row["rule"])
    for row in seeds["framework_stages.csv"]:
        rules = reached[row["framework"], row["stage"]]
        if row["ordinal"] == "1" and not rules & always:
            text = f"{shown(row['framework'])} has no entry stage: no rule of its lowest stage"
            text = f"{text} {shown(row['stage'])} holds on every day of a subject"
            text = f'{text}; give it the rule of the condition "any count >= 1"'
            yield row.problem(text) if rules else _unreached(row, text)


def _always_holds(row: SeedRow) -> bool:
    """Whether a condition holds from a subject's first day on, whatever happens."""
    if row["signal"] != "any" or row["window_days"] or row["below"]:
        return False
    if row["at_least"] and not _NUMBER.fullmatch(row["at_least"]):
        return False
    least = {"count": 1, "days": 1, "days_since_first": 0, "days_since_last": 0}
    return row["measure"] in least and Decimal(row["at_least"] or 0) <= least[row["measure"]]


def _limit_problems(seeds: Seeds, shipped: Seeds) -> Iterator[str]:
    for seed, noun in _LIMITS.items():
        units = {row["name"]: row["unit"] for row in shipped[seed]}
        for row in seeds[seed]:
            if not _WHOLE.fullmatch(row["value"]) or int(row["value"]) < 1:
                text = f"value must be a whole number from 1, not {shown(row['value'])}"
                yield row.problem(text)
            unit = units.get(row["name"], row["unit"])
            if row["unit"] != unit:
                text = f"the {noun} {shown(row['name'])} is in {unit}, not {shown(row['unit'])}"
                yield row.problem(f"{text}; change its value")


def _play_problems(seeds: Seeds, shipped: Seeds, own: Collection[str]) -> Iterator[str | Lack]:
    yield from play_problems(
        seeds["plays.csv"],
        names_in(seeds, known_signals(seeds)),
        names_in(shipped, known_signals(shipped)),
        are_own="plays.csv" in own,
    )


def _target_problems(targets: Rows, kpis: Rows) -> Iterator[str | Lack]:
    known = {row["kpi"] for row in kpis}
    for row in targets:
        if row["kpi"] not in known:
            name = shown(row["kpi"])
            text = f"the KPI {name} is unknown{nearest(row['kpi'], known)}"
            yield Lack(row, "KPI", name, "kpis.csv", text)


def _input_problems(seeds: Seeds, shipped: Seeds) -> Iterator[str]:
    """Say what a KPI cannot need: of columns the build looks at those that shipped KPIs name."""
    known = {f"signal:{signal}" for signal in known_signals(seeds)}
    known |= {term for row in shipped["kpis.csv"] for term in _terms(row)}
    for row in seeds["kpis.csv"]:
        for term in _terms(row):
            if term not in known:
                yield row.problem(f"no KPI can need {shown(term)}{nearest(term, known)}")


def _terms(kpi: SeedRow) -> list[str]:
    return [term for need in kpi["inputs"].split("|") for term in need.split(" or ")]


def _fixed_problems(seeds: Seeds, shipped: Seeds) -> Iterator[str]:
    for seed, noun in _FIXED.items():
        column = next(iter(shipped[seed][0].values))
        known = [row[column] for row in shipped[seed]]
        for row in seeds[seed]:
            if row[column] not in known:
                hint = nearest(row[column], known)
                text = f"the build knows no {noun} {shown(row[column])}"
                yield row.problem(f"{text}{hint}")
        missing = [name for name in known if name not in {row[column] for row in seeds[seed]}]
        if len(missing) == 1:
            yield f"{seed}: the {noun} {shown(missing[0])} is missing; the build reads it."
        elif missing:
            text = f"{seed}: {len(missing)} {noun}s that the build reads are missing, such as"
            yield f"{text} {shown(missing[0])}; did you mean a patch?"
