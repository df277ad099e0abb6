"""Plays that cannot be run are refused, with file and line; what has been sent stays what it is."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from orchestration.errors import RulesError
from orchestration.rules.plays import TRIGGERS
from orchestration.rules.rule_set import RuleSet, read_rules
from orchestration.rules.started_plays import check_started_plays
from orchestration.settings.build_settings import BuildSettings
from orchestration.settings.paths import StateDir
from tests.unit.finished_runs import version_by_hand

HEADER = (
    "play,framework,trigger,trigger_value,delay_days,open_days,cool_down_days,priority,channel,"
    "is_service,needs_consent,holdout_share,goal_signal,goal_days,starts_on,advice"
)
ROW = {
    "play": "try_it",
    "framework": "",
    "trigger": "cart_abandoned",
    "trigger_value": "",
    "delay_days": "1",
    "open_days": "3",
    "cool_down_days": "14",
    "priority": "1",
    "channel": "email",
    "is_service": "false",
    "needs_consent": "true",
    "holdout_share": "0.1",
    "goal_signal": "purchase",
    "goal_days": "14",
    "starts_on": "",
    "advice": "Write.",
}


def patch(folder: Path, **cells: str) -> Path:
    text = ",".join((ROW | cells)[column] for column in HEADER.split(","))
    folder.mkdir(exist_ok=True)
    (folder / "plays.patch.csv").write_text(f"{HEADER}\n{text}\n", encoding="utf-8")
    return folder


def problems(folder: Path, **cells: str) -> str:
    with pytest.raises(RulesError) as refused:
        read_rules(patch(folder, **cells))
    return str(refused.value)


@pytest.mark.parametrize(
    "cells",
    [
        {},
        {"delay_days": "0", "open_days": "0", "is_service": "true", "holdout_share": "0"},
        {"trigger": "stage_left", "trigger_value": "loyalty"},
        {"trigger": "stage_entered", "trigger_value": "decision", "framework": "b2b"},
        {"trigger": "health_entered", "trigger_value": "cold"},
        {"trigger": "signal", "trigger_value": "reactivation"},
        {"trigger": "renewal_due", "trigger_value": "1"},
        {"starts_on": "2026-03-01", "holdout_share": "0", "cool_down_days": "14"},
    ],
)
def test_a_play_that_can_be_run_is_taken(tmp_path: Path, cells: dict[str, str]) -> None:
    rows = read_rules(patch(tmp_path, **cells)).seeds["plays.csv"].rows
    assert rows[-1]["title"] == "Try it"


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"framework": "b2c"}, 'the framework "b2c" is unknown; did you mean "b2b"?'),
        ({"trigger": "cart_left"}, 'the trigger "cart_left" is unknown'),
        ({"trigger_value": "x"}, 'cart_abandoned takes no trigger_value; leave "x" out.'),
        ({"trigger": "signal"}, "signal needs a trigger_value: which signal."),
        ({"trigger": "signal", "trigger_value": "leads"}, 'the signal "leads" is unknown'),
        ({"trigger": "stage_entered", "trigger_value": "decision"}, 'the stage "decision" is'),
        ({"trigger": "health_entered", "trigger_value": "ill"}, 'the health "ill" is unknown'),
        ({"trigger": "renewal_due", "trigger_value": "0"}, 'days from 1, not "0".'),
        ({"goal_signal": "order_paid"}, 'the signal "order_paid" is unknown'),
        ({"delay_days": "0"}, 'delay_days must be a whole number from 1 for marketing, not "0".'),
        ({"open_days": "0"}, 'open_days must be a whole number from 1 for marketing, not "0".'),
        ({"priority": "0"}, 'priority must be a whole number from 1, not "0".'),
        ({"goal_days": "15"}, "cool_down_days 14 is less than goal_days 15; a play rests at"),
        ({"holdout_share": "1.1"}, 'holdout_share must be a share from 0 to 1, not "1.1".'),
        ({"is_service": "true"}, '"try_it" is service, which nobody is held back from; its'),
        ({"is_service": "yes"}, 'is_service must be true or false, not "yes".'),
        ({"starts_on": "1.3.2026"}, "starts_on must be a date from 1990-01-01"),
        ({"play": "programme"}, 'a play cannot be called "programme", which is all of them.'),
    ],
)
def test_a_play_that_cannot_be_run_is_refused(
    tmp_path: Path, cells: dict[str, str], said: str
) -> None:
    told = problems(tmp_path, **cells)
    assert said in told
    assert told.startswith("plays.patch.csv line 2: ")
    assert "\n" not in told


def test_shipped_plays_that_find_nobody_under_rules_of_ones_own_are_no_mistake(
    tmp_path: Path,
) -> None:
    stage = "framework,stage,_delete\nb2b,decision,true\n"
    rule = "framework,stage,rule,_delete\n"
    rules = ("quote_open", "contract_signed", "has_purchased")
    (tmp_path / "framework_stages.patch.csv").write_text(
        stage.replace("_delete", "ordinal,_delete").replace("decision,true", "decision,,true")
        + "b2b,implementation,3,\nb2b,retention,4,\nb2b,advocacy,5,\n"
    )
    (tmp_path / "stage_rules.patch.csv").write_text(
        rule + "".join(f"b2b,decision,{name},true\n" for name in rules)
    )
    assert len(read_rules(tmp_path).seeds["plays.csv"].rows) == 18


def test_the_shipped_plays_are_eighteen_of_which_five_are_service() -> None:
    rows = read_rules(None).seeds["plays.csv"].rows
    service = {row["play"] for row in rows if row["is_service"] == "true"}
    assert len(rows) == 18
    assert service == {
        *("payment_repair", "renewal_reminder", "detractor_call", "thank_you", "feedback_request"),
    }
    assert {row["trigger"] for row in rows} <= set(TRIGGERS)
    assert not any(row["starts_on"] for row in rows)


def published(state: StateDir, starts_on: str = "2026-03-01") -> None:
    """Make a published database that knows the play as ROW has it."""
    with version_by_hand(state) as path, duckdb.connect(str(path)) as database:
        database.execute("create schema marts")
        day = f"date '{starts_on}'" if starts_on else "cast(null as date)"
        database.execute(
            f"create table marts.play_catalog as select 'try_it' as play, {day} as starts_on, "
            "'discovery_to_advocacy' as framework, 'cart_abandoned' as trigger, "
            "cast(null as varchar) as trigger_value, 'purchase' as goal_signal, 14 as goal_days, "
            "false as is_service, cast(0.1 as double) as holdout_share, 'play' as play_salt, "
            "cast(0.05 as double) as global_control_share"
        )


@pytest.mark.parametrize(
    ("cells", "settings", "said"),
    [
        ({"trigger": "first_purchase"}, {}, 'with trigger "cart_abandoned", not "first_purchase"'),
        ({"goal_signal": "order"}, {}, 'with goal_signal "purchase", not "order"'),
        ({"goal_days": "7"}, {}, 'with goal_days "14", not "7"'),
        ({"holdout_share": "0.2"}, {}, 'with holdout_share "0.1", not "0.2"'),
        ({}, {"play_salt": "other"}, 'with play_salt "play", not "other"'),
        ({}, {"global_control_share": 0.1}, 'with global_control_share "0.05", not "0.1"'),
        ({"goal_days": "7", "starts_on": ""}, {}, 'with goal_days "14", not "7"'),
    ],
)
def test_what_a_play_that_was_sent_is_judged_by_does_not_change(
    tmp_path: Path, cells: dict[str, str], settings: dict[str, str | float], said: str
) -> None:
    state = StateDir(tmp_path / "state")
    published(state)
    rules = read_rules(patch(tmp_path / "rules", **{"starts_on": "2026-03-01", **cells}))
    with pytest.raises(RulesError) as refused:
        check_started_plays(state, rules, BuildSettings().model_copy(update=settings))
    told = str(refused.value)
    assert f'plays.patch.csv line 2: "try_it" has been sent since 2026-03-01 {said}' in told
    assert told.endswith("write a later starts_on, or give what has changed a new name.")


def test_a_later_start_a_new_name_and_what_judges_nothing_may_change(tmp_path: Path) -> None:
    state = StateDir(tmp_path / "state")
    check_started_plays(state, read_rules(patch(tmp_path / "rules")), BuildSettings())
    published(state)
    allowed = (
        {"starts_on": "2026-03-02", "goal_days": "7"},
        {"starts_on": "2026-03-01", "play": "try_again", "goal_days": "7"},
        {"starts_on": "2026-03-01", "delay_days": "2", "advice": "Call.", "holdout_share": "0.10"},
        {"starts_on": "2026-03-01", "framework": "discovery_to_advocacy"},
    )
    for cells in allowed:
        rules = read_rules(patch(tmp_path / "rules", **cells))
        check_started_plays(state, rules, BuildSettings())


def test_before_it_is_sent_everything_of_a_play_may_change(tmp_path: Path) -> None:
    state = StateDir(tmp_path / "state")
    published(state, starts_on="")
    rules = read_rules(patch(tmp_path / "rules", goal_days="7", starts_on="2026-03-01"))
    check_started_plays(state, rules, BuildSettings())


@pytest.mark.slow
def test_what_a_build_publishes_of_a_play_is_what_its_row_says(
    tmp_path: Path, sample_state: StateDir
) -> None:
    """Every shipped play has been sent: as it is it may be built, with another goal it may not."""
    state = StateDir(tmp_path / "state")
    state.published.mkdir(parents=True)
    with duckdb.connect(str(state.published_database)) as database:
        database.execute("create schema marts")
        database.execute(f"attach '{sample_state.published_database}' as sample (read_only)")
        database.execute(
            "create table marts.play_catalog as select * replace (date '2026-03-01' as starts_on) "
            "from sample.marts.play_catalog"
        )
    rows = read_rules(None).seeds["plays.csv"].rows
    folder = tmp_path / "rules"
    folder.mkdir()

    def sent(goal_days: str) -> RuleSet:
        lines = [f"{row['play']},2026-03-01,{goal_days or row['goal_days']}\n" for row in rows]
        patch_file = folder / "plays.patch.csv"
        patch_file.write_text("play,starts_on,goal_days\n" + "".join(lines), encoding="utf-8")
        return read_rules(folder)

    check_started_plays(state, sent(""), BuildSettings())
    with pytest.raises(RulesError) as refused:
        check_started_plays(state, sent("2"), BuildSettings())
    assert len(str(refused.value).splitlines()) == len(rows) == 18


def test_a_damaged_version_stops_no_build_that_would_replace_it(tmp_path: Path) -> None:
    state = StateDir.at(tmp_path / "state")
    with version_by_hand(state) as database:
        database.write_bytes(b"torn" * 5_000)
    told = check_started_plays(state, read_rules(None), BuildSettings())
    assert "nobody can tell whether a play that was sent has been changed" in told
