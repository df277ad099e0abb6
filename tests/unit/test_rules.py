"""Rule seeds: files override by name, and each bad row is one sentence with file and line."""

import ast
import csv
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestration.errors import RulesError
from orchestration.ingest.raw_contract import load_contract
from orchestration.rules.event_signals import NUMBER_COLUMNS, OTHER_COLUMNS, TEXT_COLUMNS
from orchestration.rules.rule_set import CHECKED_SEEDS, read_rules, write_rules
from orchestration.settings.paths import DBT_PROJECT_DIR, RULES_DIR, StateDir

Rows = list[dict[str, str]]
Change = Callable[[Rows], None]


def shipped(name: str) -> Rows:
    """Return the rows of a shipped seed."""
    with (RULES_DIR / name).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows
    return rows


def line_of(rows: Rows, **values: str) -> int:
    """Return the file line of the first row with those values."""
    for number, row in enumerate(rows, start=2):
        if all(row[column] == value for column, value in values.items()):
            return number
    raise AssertionError(values)


def override(directory: Path, name: str, rows: Rows) -> None:
    """Write a seed of the user's own."""
    directory.mkdir(exist_ok=True)
    with (directory / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def problems(directory: Path) -> tuple[str, ...]:
    """Return why the rules are refused; they must be."""
    with pytest.raises(RulesError) as refused:
        read_rules(directory)
    assert all(problem.endswith((".", "?")) for problem in refused.value.problems)
    return refused.value.problems


def add(**values: str) -> Change:
    """Append a row; columns not named are blank."""
    return lambda rows: rows.append(dict.fromkeys(rows[0], "") | values)


def edit(match: dict[str, str], **values: str) -> Change:
    """Change the first row that matches."""
    return lambda rows: rows[line_of(rows, **match) - 2].update(values)


def drop(**match: str) -> Change:
    """Remove every row that matches."""

    def change(rows: Rows) -> None:
        rows[:] = [row for row in rows if any(row[c] != v for c, v in match.items())]

    return change


def event(**values: str) -> Change:
    """Append a row of event_signals: no money, no key event and a visit unless it says so."""
    return add(**({"is_money": "false", "is_key_event": "false", "is_visit": "true"} | values))


def condition(name: str, operator: str, operand: str, signal: str = "lead") -> Change:
    """Append a row of event_signals with a condition."""
    named = {"event_name": "Clicked", "property": name, "operator": operator, "operand": operand}
    return event(**named, signal=signal)


BOUGHT = {"rule": "has_purchased"}
PLANTED: list[tuple[str, Change, str]] = [
    (
        "rule_conditions.csv",
        edit(BOUGHT, signal="ordr"),
        'rule_conditions.csv line {line}: the rule "has_purchased" names the unknown signal '
        '"ordr"; did you mean "order"?',
    ),
    (
        "rule_conditions.csv",
        edit(BOUGHT, measure="counts"),
        'rule_conditions.csv line {line}: the rule "has_purchased" names the unknown measure '
        '"counts"; did you mean "count"?',
    ),
    (
        "rule_conditions.csv",
        edit(BOUGHT, at_least="3", below="3"),
        'rule_conditions.csv line {line}: the rule "has_purchased" has an empty range: at_least 3 '
        "is not less than below 3.",
    ),
    (
        "rule_conditions.csv",
        edit(BOUGHT, at_least="", below="0"),
        'rule_conditions.csv line {line}: the rule "has_purchased" has an empty range: count is '
        "never below 0.",
    ),
    (
        "rule_conditions.csv",
        edit(BOUGHT, measure="days", window_days="7", at_least="8"),
        'rule_conditions.csv line {line}: the rule "has_purchased" has an empty range: days in 7 '
        "days never reaches 8.",
    ),
    (
        "rule_conditions.csv",
        edit(BOUGHT, measure="days_since_last", window_days="7", at_least="7"),
        'rule_conditions.csv line {line}: the rule "has_purchased" has an empty range: '
        "days_since_last in 7 days never reaches 7.",
    ),
    (
        "rule_conditions.csv",
        edit(BOUGHT, window_days="0"),
        "rule_conditions.csv line {line}: window_days must be a whole number from 1 to 36500, "
        'not "0"; leave it blank for no window.',
    ),
    (
        "rule_conditions.csv",
        edit(BOUGHT, at_least="NaN"),
        "rule_conditions.csv line {line}: at_least must be a number with at most 4 decimals, not "
        '"NaN"; leave it blank for no bound.',
    ),
    (
        "rule_conditions.csv",
        edit(BOUGHT, rule="has_purchasd"),
        'rule_conditions.csv line {line}: the rule "has_purchasd" is not in rules.csv; did you '
        'mean "has_purchased"?',
    ),
    (
        "rule_conditions.csv",
        edit({"rule": "order_settled", "signal": "open_order"}, signal="purchase", at_least="2"),
        'rule_conditions.csv line {line}: the rule "order_settled" judges purchase count twice '
        "(see line {before}); write one range that says both.",
    ),
    (
        "rules.csv",
        add(rule="brand_new", rationale="x"),
        'rules.csv line {last}: the rule "brand_new" has no condition in rule_conditions.csv.',
    ),
    (
        "rules.csv",
        add(rule="seen"),
        'rules.csv line {last}: rule "seen" stands already on line 2.',
    ),
    (
        "rules.csv",
        add(rule="x'); drop table orders; --", rationale="x"),
        'rules.csv line {last}: the rule "x\'); drop table orders; --" is not a name: lower-case '
        "letters, digits and underscores, beginning with a letter.",
    ),
    (
        "stage_rules.csv",
        add(framework="b2b", stage="advocacy", rule="has_purchasd"),
        'stage_rules.csv line {last}: the rule "has_purchasd" is not in rules.csv; did you mean '
        '"has_purchased"?',
    ),
    (
        "stage_rules.csv",
        add(framework="b2b", stage="advocac", rule="seen"),
        'stage_rules.csv line {last}: the stage "advocac" is unknown in "b2b"; did you mean '
        '"advocacy"?',
    ),
    (
        "stage_rules.csv",
        add(framework="b2c", stage="advocacy", rule="seen"),
        'stage_rules.csv line {last}: the framework "b2c" is unknown; did you mean "b2b"?',
    ),
    (
        "stage_rules.csv",
        drop(framework="b2b", stage="decision"),
        'framework_stages.csv line {stage:b2b/decision}: no rule reaches the stage "decision" of '
        '"b2b"; give it a row in stage_rules.csv.',
    ),
    (
        "stage_rules.csv",
        drop(framework="b2b", rule="seen"),
        'framework_stages.csv line {stage:b2b/awareness}: "b2b" has no entry stage: no rule of '
        'its lowest stage "awareness" holds on every day of a subject; give it the rule of the '
        'condition "any count >= 1".',
    ),
    (
        "framework_stages.csv",
        edit({"framework": "b2b", "stage": "decision"}, ordinal="9"),
        'framework_stages.csv line {stage:b2b/implementation}: the ordinals of "b2b" jump from 2 '
        "to 4; number the stages 1, 2, 3 without gaps.",
    ),
    (
        "framework_stages.csv",
        edit({"framework": "b2b", "stage": "decision"}, ordinal="2"),
        'framework_stages.csv line {stage:b2b/decision}: ordinal 2 of "b2b" stands already on '
        "line {stage:b2b/consideration}.",
    ),
    *(
        (
            "framework_stages.csv",
            edit({"framework": "b2b", "stage": "awareness"}, stage=name),
            f'framework_stages.csv line {{line}}: a stage cannot be called "{name}", which stands '
            f"for {meaning}; name it otherwise.",
        )
        for name, meaning in (("new", "whoever was not there before"), ("all", "every one"))
    ),
    (
        "frameworks.csv",
        edit({"framework": "b2b"}, is_default="true"),
        'frameworks.csv line {line}: the default framework "b2b" is for accounts; the default '
        "framework must be for persons.",
    ),
    (
        "frameworks.csv",
        edit({"framework": "discovery_to_advocacy"}, is_default="false"),
        "frameworks.csv: no framework is the default; set is_default to true on one row.",
    ),
    (
        "frameworks.csv",
        add(framework="new_one", subject_type="person", title="New", is_default="false"),
        'frameworks.csv line {last}: "new_one" has no row in framework_stages.csv.',
    ),
    (
        "event_signals.csv",
        event(event_name="Bought", signal="order"),
        'event_signals.csv line {last}: the signal "order" is made by the build and cannot come '
        "from an event.",
    ),
    (
        "event_signals.csv",
        event(event_name="Bought", signal="purchase"),
        'event_signals.csv line {last}: the signal "purchase" is made by the build and cannot come '
        "from an event.",
    ),
    (
        "event_signals.csv",
        event(event_name="-- !", signal="lead"),
        'event_signals.csv line {last}: the event_name "-- !" holds no letter and no digit; names '
        "are compared by these alone.",
    ),
    (
        "event_signals.csv",
        event(event_name="SIGNED-UP", signal="checkout", is_key_event="false"),
        'event_signals.csv line {last}: is_key_event of the event "SIGNED-UP" differs from line '
        "{event:Signed Up}; all rows of one event name agree on it.",
    ),
    (
        "event_signals.csv",
        event(event_name="signed_up", signal="", is_key_event="true", is_visit="false"),
        'event_signals.csv line {last}: is_visit of the event "signed_up" differs from line '
        "{event:Signed Up}; all rows of one event name agree on it.",
    ),
    (
        "event_signals.csv",
        event(event_name="product reviewed", signal="review", value_property="stars"),
        'event_signals.csv line {last}: value_property of the event "product reviewed" differs '
        "from line {event:Product Reviewed}; all rows of one event name and signal agree on it.",
    ),
    (
        "event_signals.csv",
        event(event_name="product_added", signal="cart_add", is_money="false"),
        'event_signals.csv line {last}: is_money of the event "product_added" differs from line '
        "{event:Product Added}; all rows of one event name and signal agree on it.",
    ),
    (
        "event_signals.csv",
        condition("page_ur", "equals", "x"),
        'event_signals.csv line {last}: the property "page_ur" is no column of events; did you '
        'mean "page_url"?; a key of properties is written properties.<key>.',
    ),
    (
        "event_signals.csv",
        condition("received_at", "below", "3"),
        'event_signals.csv line {last}: the column "received_at" is neither a text nor a number; '
        "compare another column or properties.<key>.",
    ),
    (
        "event_signals.csv",
        condition("properties.", "equals", "x"),
        "event_signals.csv line {last}: the property names no key; write properties.<key>.",
    ),
    (
        "event_signals.csv",
        condition("", "equals", "x"),
        "event_signals.csv line {last}: there is an operator or operand but no property to "
        "compare.",
    ),
    (
        "event_signals.csv",
        condition("country", "equal", "IT"),
        'event_signals.csv line {last}: the operator "equal" is unknown; did you mean "equals"?; '
        "there are equals, in, starts_with, contains, at_least, below.",
    ),
    (
        "event_signals.csv",
        condition("value", "contains", "3"),
        "event_signals.csv line {last}: the column value is a number, which contains cannot "
        "compare; use at_least or below.",
    ),
    (
        "event_signals.csv",
        condition("country", "equals", " "),
        "event_signals.csv line {last}: the operand is blank, which nothing equals; write what to "
        "compare with.",
    ),
    (
        "event_signals.csv",
        condition("country", "in", "IT| |DE"),
        'event_signals.csv line {last}: a part of the operand "IT| |DE" is blank; part values by '
        "one |.",
    ),
    (
        "event_signals.csv",
        condition("properties.plan", "at_least", "many"),
        'event_signals.csv line {last}: at_least compares with a number, not "many".',
    ),
    (
        "event_signals.csv",
        condition("country", "equals", "IT", signal=""),
        "event_signals.csv line {last}: a row without a signal says only whether the event is a "
        "key event and a visit; leave property blank or name a signal.",
    ),
    (
        "event_signals.csv",
        event(event_name="Bought", signal="", is_money="true"),
        "event_signals.csv line {last}: a row without a signal has no value; set is_money to "
        "false.",
    ),
    (
        "health_policy.csv",
        edit({"key": "default"}, prior_weight="0"),
        "health_policy.csv line 2: prior_weight must be more than 0, not 0.",
    ),
    (
        "health_policy.csv",
        edit({"key": "default"}, min_days="800"),
        "health_policy.csv line 2: min_days must not be more than max_days.",
    ),
    (
        "health_policy.csv",
        edit({"key": "default"}, at_risk_quantile="0.95"),
        "health_policy.csv line 2: at_risk_quantile must be less than lapsed_quantile.",
    ),
    (
        "health_policy.csv",
        edit({"key": "default"}, z_lapsed="1.64486"),
        "health_policy.csv line 2: z_lapsed must be 1.644854, the standard normal quantile of "
        "lapsed_quantile 0.95, or blank, not 1.64486.",
    ),
    (
        "health_policy.csv",
        edit({"key": "default"}, lapsed_quantile="1"),
        "health_policy.csv line 2: lapsed_quantile must lie between 0 and 1, not 1.",
    ),
    (
        "health_policy.csv",
        edit({"key": "default"}, cold_after_days="0"),
        'health_policy.csv line 2: cold_after_days must be a whole number from 1, not "0".',
    ),
    (
        "health_policy.csv",
        edit({"key": "default"}, at_risk_after_days="30", lapsed_after_days="30"),
        "health_policy.csv line 2: at_risk_after_days must be less than lapsed_after_days.",
    ),
    (
        "health_policy.csv",
        edit({"key": "default"}, key="country"),
        'health_policy.csv line 2: the key "country" is unknown; the only one is default.',
    ),
    (
        "kpi_windows.csv",
        edit({"name": "trial_payment_days"}, value="0"),
        'kpi_windows.csv line {line}: value must be a whole number from 1, not "0".',
    ),
    (
        "kpi_windows.csv",
        edit({"name": "trial_payment_days"}, rationale=""),
        "kpi_windows.csv line {line}: rationale is blank; write one.",
    ),
    (
        "kpi_windows.csv",
        edit({"name": "trial_payment_days"}, unit="hours"),
        'kpi_windows.csv line {line}: the window "trial_payment_days" is in days, not "hours"; '
        "change its value.",
    ),
    (
        "kpi_windows.csv",
        edit({"name": "trial_payment_days"}, name="trial_pay_days"),
        'kpi_windows.csv: the window "trial_payment_days" is missing; the build reads it.',
    ),
    (
        "kpi_windows.csv",
        edit({"name": "trial_payment_days"}, name="trial_pay_days"),
        'kpi_windows.csv line {line}: the build knows no window "trial_pay_days"; did you mean '
        '"trial_payment_days"?',
    ),
    (
        "kpi_targets.csv",
        edit({"kpi": "conversion_rate"}, target="3 %"),
        'kpi_targets.csv line {line}: target must be a number, not "3 %".',
    ),
    (
        "kpi_targets.csv",
        edit({"kpi": "conversion_rate"}, direction="upp"),
        'kpi_targets.csv line {line}: direction must be one of up, down, not "upp"; did you mean '
        '"up"?',
    ),
    (
        "kpi_targets.csv",
        edit({"kpi": "conversion_rate"}, kpi="conversion"),
        'kpi_targets.csv line {line}: the KPI "conversion" is unknown; did you mean '
        '"conversion_rate"?',
    ),
    (
        "kpis.csv",
        edit({"kpi": "conversion_rate"}, inputs="signal:vist"),
        'kpis.csv line {line}: no KPI can need "signal:vist"; did you mean "signal:visit"?',
    ),
    (
        "kpis.csv",
        edit({"kpi": "conversion_rate"}, inputs="column:orders.affiliate_id or column:orders.tax"),
        'kpis.csv line {line}: no KPI can need "column:orders.tax"; did you mean '
        '"column:orders.affiliate_id"?',
    ),
    (
        "channel_map.csv",
        add(source="awin", channel="affiliate"),
        'channel_map.csv line {last}: source "awin", medium "" stands already on line 4.',
    ),
    (
        "channel_map.csv",
        add(source="mysearch", medium="cpc"),
        "channel_map.csv line {last}: channel is blank; write one.",
    ),
    (
        "health_labels.csv",
        edit({"health": "cold"}, ordinal="two"),
        'health_labels.csv line {line}: ordinal must be a whole number, not "two".',
    ),
    (
        "rfm_segments.csv",
        edit({"segment": "loyal"}, recency_from="0"),
        'rfm_segments.csv line {line}: recency_from must be a score from 1 to 5, not "0".',
    ),
    (
        "rfm_segments.csv",
        edit({"segment": "loyal"}, monetary_to="6"),
        'rfm_segments.csv line {line}: monetary_to must be a score from 1 to 5, not "6".',
    ),
    (
        "rfm_segments.csv",
        edit({"segment": "loyal"}, frequency_from="5", frequency_to="4"),
        "rfm_segments.csv line {line}: frequency_from must not be more than frequency_to.",
    ),
    (
        "rfm_segments.csv",
        edit({"segment": "loyal"}, priority="2"),
        'rfm_segments.csv line {line}: priority "2" stands already on line {before}.',
    ),
    (
        "rfm_segments.csv",
        edit({"segment": "loyal"}, priority="0"),
        'rfm_segments.csv line {line}: priority must be a whole number from 1, not "0"; 1 wins.',
    ),
    (
        "rfm_segments.csv",
        edit({"segment": "loyal"}, advice=""),
        "rfm_segments.csv line {line}: advice is blank; write one.",
    ),
    (
        "rfm_segments.csv",
        edit({"segment": "lost"}, monetary_to="4"),
        "rfm_segments.csv line {last}: no segment holds customers of recency 1, frequency 1, "
        "monetary 5, the first of 2 such cells; widen this row, the last by priority, or add one.",
    ),
    (
        "rfm_segments.csv",
        edit({"segment": "lost"}, monetary_to="4", frequency_to="1"),
        "rfm_segments.csv line {last}: no segment holds customers of recency 1, frequency 1, "
        "monetary 5, the first of 6 such cells; widen this row, the last by priority, or add one.",
    ),
    (
        "value_limits.csv",
        edit({"name": "fewest_customers"}, name="least_customers"),
        'value_limits.csv: the limit "fewest_customers" is missing; the build reads it.',
    ),
]


def test_the_shipped_rules_are_sound() -> None:
    rules = read_rules(None)
    assert rules.default_framework == "discovery_to_advocacy"
    assert rules.default_stages[0] == "discovery"
    assert len(rules.frameworks) == 11
    assert rules.overridden == ()


@pytest.mark.parametrize(("name", "change", "sentence"), PLANTED)
def test_a_planted_error_is_one_sentence_with_file_and_line(
    tmp_path: Path, name: str, change: Change, sentence: str
) -> None:
    before, after = shipped(name), shipped(name)
    change(after)
    override(tmp_path / "rules", name, after)
    changed = [n for n, (a, b) in enumerate(zip(before, after, strict=False), 2) if a != b]
    line = changed[0] if changed else 0
    expected = sentence.replace("{line}", str(line)).replace("{last}", str(len(after) + 1))
    expected = expected.replace("{before}", str(line - 1))
    for row_number, row in enumerate(shipped("framework_stages.csv"), start=2):
        expected = expected.replace(f"{{stage:{row['framework']}/{row['stage']}}}", str(row_number))
    for row_number, row in enumerate(shipped("event_signals.csv"), start=2):
        expected = expected.replace(f"{{event:{row['event_name']}}}", str(row_number))
    assert expected in problems(tmp_path / "rules")


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    conditions, stages = shipped("rule_conditions.csv"), shipped("stage_rules.csv")
    edit(BOUGHT, signal="ordr", measure="counts")(conditions)
    add(framework="b2c", stage="advocacy", rule="seen")(stages)
    override(tmp_path / "rules", "rule_conditions.csv", conditions)
    override(tmp_path / "rules", "stage_rules.csv", stages)
    assert len(problems(tmp_path / "rules")) == 3


@pytest.mark.parametrize(("bound", "is_refused"), [(2, False), (3, True)])
def test_a_range_of_one_unit_is_not_empty(tmp_path: Path, bound: int, is_refused: bool) -> None:
    rows = shipped("rule_conditions.csv")
    edit(BOUGHT, at_least=str(bound), below="3")(rows)
    override(tmp_path / "rules", "rule_conditions.csv", rows)
    if is_refused:
        assert "empty range" in problems(tmp_path / "rules")[0]
    else:
        assert read_rules(tmp_path / "rules").overridden == ("rule_conditions.csv",)


@pytest.mark.parametrize(("most", "is_refused"), [(120, False), (121, True)])
def test_the_engine_keeps_120_conditions_and_not_121(
    tmp_path: Path, most: int, is_refused: bool
) -> None:
    rules, conditions, stages = map(
        shipped, ("rules.csv", "rule_conditions.csv", "stage_rules.csv")
    )
    columns = ("signal", "measure", "window_days", "at_least", "below")
    distinct = {tuple(row[column] for column in columns) for row in conditions}
    for number in range(most - len(distinct)):
        add(rule=f"new_{number}", rationale="x")(rules)
        add(
            rule=f"new_{number}",
            condition_no="1",
            signal="order",
            measure="count",
            window_days=str(5000 + number),
            at_least="1",
        )(conditions)
        add(framework="b2b", stage="advocacy", rule=f"new_{number}")(stages)
    for name, rows in (
        ("rules.csv", rules),
        ("rule_conditions.csv", conditions),
        ("stage_rules.csv", stages),
    ):
        override(tmp_path / "rules", name, rows)
    if is_refused:
        assert "at most 120" in problems(tmp_path / "rules")[0]
    else:
        read_rules(tmp_path / "rules")


def test_a_window_makes_the_entry_rule_end(tmp_path: Path) -> None:
    rows = shipped("rule_conditions.csv")
    edit({"rule": "seen"}, window_days="30")(rows)
    override(tmp_path / "rules", "rule_conditions.csv", rows)
    found = problems(tmp_path / "rules")
    assert len(found) == 11
    assert all("has no entry stage" in problem for problem in found)


def test_a_directory_without_seeds_is_refused(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path)
    assert "holds no rule seed" in problem
    assert "frameworks.csv" in problem
    assert "does not exist" in problems(tmp_path / "nowhere")[0]


def test_an_unknown_file_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    override(tmp_path / "rules", "rules.csv", shipped("rules.csv"))
    (tmp_path / "rules" / "rule.csv").write_text("rule\n", encoding="utf-8")
    (problem,) = problems(tmp_path / "rules")
    assert '"rule.csv" is not a rule seed; did you mean "rules.csv"?' in problem


def test_yaml_of_the_users_own_is_refused_and_a_copy_of_the_shipped_is_not(tmp_path: Path) -> None:
    override(tmp_path / "rules", "rules.csv", shipped("rules.csv"))
    copy = tmp_path / "rules" / "rules.yml"
    copy.write_bytes((RULES_DIR / "rules.yml").read_bytes())
    read_rules(tmp_path / "rules")
    copy.write_text("seeds: [{name: rules, description: \"{{ env_var('HOME') }}\"}]", "utf-8")
    assert "rules.yml" in problems(tmp_path / "rules")[0]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "rules.csv line 1: there is no header."),
        (b"rule,rationale\nseen\n", "rules.csv line 2: 1 cells under 2 columns"),
        (b"rule\nseen\n", 'rules.csv line 1: the column "rationale" is missing.'),
        (b"rule,rationalle\n", 'column "rationalle" is unknown; did you mean "rationale"?'),
        (b"rule,rule,rationale\n", 'rules.csv line 1: the column "rule" stands twice.'),
        (b"rule,rationale\nseen,\xff\n", "rules.csv line 2: the text is not UTF-8"),
        (b'rule,rationale\n"seen,x\n', "rules.csv line 2: unexpected end of data."),
    ],
)
def test_a_file_that_is_no_seed_is_one_sentence(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    (tmp_path / "rules.csv").write_bytes(content)
    assert any(sentence in problem for problem in problems(tmp_path))


def test_spreadsheet_habits_do_not_change_the_rules(tmp_path: Path) -> None:
    text = (RULES_DIR / "rule_conditions.csv").read_text(encoding="utf-8")
    lines = [",".join(f" {cell} " for cell in line.split(",")) for line in text.splitlines()]
    (tmp_path / "rule_conditions.csv").write_bytes(
        b"\xef\xbb\xbf" + "\r\n".join(lines).encode() + b"\r\n,,,,,,,,\r\n"
    )
    assert read_rules(tmp_path).rules_hash == read_rules(None).rules_hash


def test_the_hash_follows_the_rows(tmp_path: Path) -> None:
    rows = shipped("rule_conditions.csv")
    edit(BOUGHT, at_least="2")(rows)
    override(tmp_path / "rules", "rule_conditions.csv", rows)
    assert read_rules(tmp_path / "rules").rules_hash != read_rules(None).rules_hash


def test_the_state_holds_exactly_the_merged_seeds(tmp_path: Path) -> None:
    rows = shipped("rule_conditions.csv")
    edit(BOUGHT, at_least="2")(rows)
    override(tmp_path / "rules", "rule_conditions.csv", rows)
    state = StateDir.at(tmp_path / "state")
    state.rules.mkdir(parents=True)
    (state.rules / "left_over.csv").write_text("x\n", encoding="utf-8")
    write_rules(read_rules(tmp_path / "rules"), state)
    names = {path.name for path in state.rules.iterdir()}
    assert names == {path.name for path in RULES_DIR.glob("*.csv")}
    assert set(CHECKED_SEEDS) < names
    for name in names - {"rule_conditions.csv"}:
        assert (state.rules / name).read_bytes() == (RULES_DIR / name).read_bytes()
    assert "has_purchased,1,purchase,count,,2," in (state.rules / "rule_conditions.csv").read_text()


def test_unchanged_seeds_keep_their_time(tmp_path: Path) -> None:
    state = StateDir.at(tmp_path / "state")
    write_rules(read_rules(None), state)
    before = {path.name: path.stat().st_mtime_ns for path in state.rules.iterdir()}
    write_rules(read_rules(None), state)
    assert {path.name: path.stat().st_mtime_ns for path in state.rules.iterdir()} == before


@pytest.mark.parametrize(
    ("operator", "operand"),
    [
        ("equals", "'); drop table orders; --"),
        ("in", "it's|\"quoted\"|{{ env_var('HOME') }}"),
        ("contains", "%"),
        ("starts_with", "\\"),
        ("at_least", "1.2e1"),
    ],
)
def test_operands_are_data_whatever_they_hold(tmp_path: Path, operator: str, operand: str) -> None:
    rows = shipped("event_signals.csv")
    condition("properties.plan' or 1=1 --", operator, operand)(rows)
    override(tmp_path / "rules", "event_signals.csv", rows)
    (row,) = read_rules(tmp_path / "rules").seeds["event_signals.csv"].rows[-1:]
    assert (row["operator"], row["operand"]) == (operator, operand)


def test_comparable_columns_are_those_of_the_raw_contract() -> None:
    columns = load_contract().table("events").columns
    by_kind = {
        kind: tuple(c.name for c in columns if c.kind == kind) for kind in ("text", "decimal")
    }
    assert (by_kind["text"], by_kind["decimal"]) == (TEXT_COLUMNS, NUMBER_COLUMNS)
    assert {c.name for c in columns} == {*TEXT_COLUMNS, *NUMBER_COLUMNS, *OTHER_COLUMNS}
    model = DBT_PROJECT_DIR / "models/intermediate/facts/int_conditional_signals.sql"
    lists = re.findall(r"set (?:texts|numbers) = (\[.*?\])", model.read_text("utf-8"), re.DOTALL)
    assert [tuple(ast.literal_eval(names)) for names in lists] == [TEXT_COLUMNS, NUMBER_COLUMNS]


def test_a_policy_may_leave_out_what_is_optional(tmp_path: Path) -> None:
    rows = shipped("health_policy.csv")
    for column in ("at_risk_after_days", "lapsed_after_days"):
        del rows[0][column]
    override(tmp_path / "rules", "health_policy.csv", rows)
    assert read_rules(tmp_path / "rules").rules_hash == read_rules(None).rules_hash
