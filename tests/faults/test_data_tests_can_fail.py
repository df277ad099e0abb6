"""Every claim of `sound_rows`, and every law but those of KPIs, turns red on a planted fault.

A test that cannot fail is worse than none. Each fault is planted in a copy of the sample's working
database, inside a transaction that is rolled back; what runs is the very SQL that dbt ran.
"""

from __future__ import annotations

import itertools
import json
import re
import shutil
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest
import yaml

from orchestration.settings.paths import REPO_ROOT, StateDir

pytestmark = pytest.mark.slow

DATA_TESTS = REPO_ROOT / "tests" / "data"
# The mutation record is the proof for the laws of the KPIs (tests/mutation).
LAWS = {
    path.stem
    for folder in ("lifecycle", "customers", "value", "journey", "calibration", "activation")
    for path in (DATA_TESTS / folder).glob("*.sql")
}


def one(table: str, condition: str = "true") -> str:
    """Return a where clause for one row of the table, the same at each run."""
    return f"where rowid = (select min(rowid) from {table} where {condition})"


def statement(fault: Mapping[str, str]) -> str:
    """Return the SQL of one entry of planted_faults.yml."""
    if "run" in fault:
        return fault["run"]
    table = fault.get("update") or fault["delete"]
    row = one(table, fault.get("where", "true"))
    return (
        f"update {table} set {fault['set']} {row}"
        if "update" in fault
        else (f"delete from {table} {row}")
    )


FAULTS: dict[str, list[str]] = {
    law: [statement(fault) for fault in faults]
    for law, faults in yaml.safe_load(
        Path(__file__).with_name("planted_faults.yml").read_text(encoding="utf-8")
    ).items()
}

# What breaks an expression of `holds`, by its claim: new values for one row.
BROKEN: dict[str, str] = {
    "a_restatement_changes_something": "new_value = old_value",
    "no_more_subjects_moved_than_there_were": (
        "subjects = 2, subjects_moved = 1, subjects_unclear = 2"
    ),
    "nothing_is_said_where_nobody_was_compared": "subjects = 0, moved_share = null",
    "a_probability_to_be_alive_is_one": "probability_alive = 2",
    "what_no_model_speaks_of_is_not_foreseen": "model = 'none', predicted_value_365d = 1",
    "a_refund_gives_something_back": "amount = 0",
    "an_exchange_rate_is_positive": "rate = 0",
    "the_range_of_a_condition_is_not_empty": "at_least = 2, below = 2",
    "an_id_pair_has_an_id": "anonymous_id = null, user_id = null",
    "a_device_is_an_anonymous_id_or_a_user_id": "anonymous_id = 'x', user_id = 'y'",
    "an_ownership_lasts": "owned_after = owned_until",
    "a_valid_order_costs_something": "total_price = 0",
    "a_change_of_health_changes_it": "previous_health = health",
    "the_conditions_fit_into_two_words": "condition_no = 120",
    "a_condition_turns_once_a_day": "change = 2",
    "a_span_of_health_is_not_empty": "valid_to = valid_from",
    "nobody_refers_himself": "referrer_key = person_key",
    "nobody_refers_himself_in_the_mart": "referrer_id = subject_id",
    "a_share_is_above_0_and_at_most_1": "share = 0",
    "a_session_does_not_end_before_it_starts": "ended_at = started_at - interval 1 second",
    "every_row_is_accounted_for": "rows_read = rows_read + 1",
    "the_order_of_a_cart_fits_its_outcome": "outcome = 'converted', order_id = null",
    "a_cart_has_come_as_far_as_its_order": (
        "step_reached = case when order_id is null then 'order' else 'cart' end"
    ),
    "a_checkout_is_completed_if_there_is_an_order_within_a_day": "seconds_to_order = 86401",
    "a_reaction_comes_within_a_week_of_the_delivery": "opened_at = delivered_at + interval 9 day",
    "an_answer_does_not_come_before_the_ticket": "resolved_at = opened_at - interval 1 second",
    "a_status_is_that_of_the_times": "status = 'resolved', resolved_at = null",
    "an_answer_follows_its_survey_within_30_days": "sent_on = answered_on - 31, sending_id = 'x'",
    "a_trial_is_paid_if_there_is_a_payment_within_30_days": "days_to_payment = 31",
    "nothing_unknown_has_a_value": "status = 'immature', value = 0",
    "nothing_without_input_or_rate_has_a_numerator": (
        "status = 'no_input', value = null, numerator = 0"
    ),
    "what_is_ok_has_a_value": "status = 'ok', value = null",
    "what_is_known_of_a_period_that_is_not_over_is_partial": (
        "status = 'partial', period_end = as_of_date"
    ),
    "neighbouring_intervals_differ_in_stage_or_health": (
        "previous_stage = stage, previous_health = health"
    ),
    "money_of_an_order_is_known_or_not": "gross_revenue = net_revenue + refunded_amount + 1",
    "a_booked_order_has_a_number": "is_booked = not is_booked",
    "a_segment_has_scores_of_1_to_5": "recency_score = 6",
    "a_segment_has_begun_by_its_date": "segment_since = as_of_date + 1",
    "an_interval_of_a_subscription_lasts": "valid_to = valid_from",
    "only_what_is_over_has_an_end_reason": "valid_to = null, end_reason = 'expired'",
    "shares_of_a_customer_lie_between_0_and_1": "refund_rate = 1.5",
    "orders_of_a_customer_have_days": "order_days = orders + 1",
    "only_the_first_interval_has_no_stage_before": "movement = 'advanced', previous_stage = null",
    "a_share_of_revenue_is_known_if_the_status_is_ok": "status = 'ok', gini = null",
    "the_best_who_began_so_are_customers_who_did": "top_customers = customers + 1",
    "an_interval_holds_its_share": "top_share_low = top_share_high",
    "customers_of_both_are_customers_of_each": (
        "customers_both = customers_b + 1, customers_a = customers_b + 1, confidence = 1"
    ),
    "the_confidence_is_both_over_a": "confidence = 0",
    "who_bought_later_bought_both": "customers_after = customers_both + 1",
    "a_product_is_no_companion_of_itself": "item_b = item_a",
    "the_better_way_is_published": "method = 'most_popular', hit_rate_affinity = 2",
    "a_reason_has_a_confidence": "reason_product = null, confidence = 1",
    "the_rates_are_known_if_anybody_was_tried": (
        "hit_rate_most_popular = case when tried_customers = 0 then 1 end"
    ),
    "companions_step_aside_altogether": "reason_product = 'x', confidence = 1",
    "who_orders_later_has_ordered_later": "reordered_90d = 1, reordered_180d = 0.5",
    "every_customer_has_an_order_day": "order_days = customers - 1",
    "only_order_days_are_followed": "followed_by_another = order_days + 1",
    "a_path_has_as_many_touches_as_steps": "touches = -1",
    "a_stage_holds_those_with_and_without": "share_of_stage = 2",
    "nothing_is_lost_in_no_case": "valued_cases = 0, value_lost = 1",
    "reactions_are_to_delivered_messages": "clicked = delivered + 1",
    "who_reacts_was_there_that_week": "ordered = person_weeks + 1",
    "everybody_turns_once_at_most": "advanced = subjects + 1",
    "shares_of_turns_are_within_one": "lapsed_share = 1.1",
    "a_gap_ends_while_it_is_watched": "still_open = at_risk + 1",
    "the_recommended_policy_calls_everybody_in_the_end": (
        "policy = 'recommended', lapsed_after = null"
    ),
    "a_policy_errs_about_customers_only": "misses = gone + 1",
    "a_policy_is_recommended_or_there_is_a_reason": "prior_gap_days = null",
    "a_recommended_policy_can_be_run": "lapsed_quantile = at_risk_quantile",
    "nobody_is_held_back_from_service": "is_service = true, holdout_share = 0.1",
    "a_play_rests_until_its_goal_is_judged": "cool_down_days = goal_days - 1",
    "an_entry_is_due_after_its_trigger": "due_from = triggered_on - 1",
    "a_goal_is_reached_in_its_window": "goal_on = due_from - 1",
    "ranks_count_from_one": "rank_for_subject = 0",
    "only_the_treated_are_due": "arm = 'holdout'",
    "nobody_reaches_a_goal_twice": "treat_persons = 1, treat_goals = 2",
    "a_lift_lies_in_its_interval": "lift = 0.2, lift_low = 0.3, lift_high = 0.4",
    "only_all_months_together_conclude": "month = '2026-01', is_conclusive = true",
    "a_statement_holds_until_a_later_one": "valid_to = valid_from",
    "a_renewal_is_still_to_come": "known_to = known_from",
    "an_empty_segment_has_no_averages": "customers = 0, orders_per_customer = 1",
    "a_segment_is_a_part_of_the_customers": "share = 2",
    "only_the_first_interval_has_no_health_before": (
        "movement = 'advanced', previous_stage = 'x', previous_health = null"
    ),
}


class DataTest(NamedTuple):
    """One data test as dbt compiled it."""

    name: str
    kind: str
    arguments: dict[str, Any]
    table: str
    where: str
    query: str


class Fault(NamedTuple):
    """A statement that breaks a claim, and how the test says so."""

    statement: str
    breach: str


@pytest.fixture(scope="module")
def data_tests(sample_state: StateDir) -> dict[str, DataTest]:
    """Return the laws and the generic tests, by name."""
    """Return the laws with planted faults and the generic tests, by name."""
    manifest = json.loads((sample_state.root / "dbt/target/manifest.json").read_text())
    nodes: dict[str, Any] = manifest["nodes"]
    found: dict[str, DataTest] = {}
    for node in nodes.values():
        attached = nodes.get(node.get("attached_node") or "", {})
        is_law = node["name"] in LAWS
        if node["resource_type"] != "test" or not (is_law or attached):
            continue
        metadata = node.get("test_metadata") or {"name": "law", "kwargs": {}}
        found[node["name"]] = DataTest(
            node["name"],
            metadata["name"],
            metadata["kwargs"],
            f"{attached['schema']}.{attached['alias']}" if attached else "",
            node["config"].get("where") or "true",
            node["compiled_code"],
        )
    return found


@pytest.fixture(scope="module")
def working(
    sample_state: StateDir, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A copy of the sample's working database that may be spoilt."""
    copy = Path(shutil.copy(sample_state.working_database, tmp_path_factory.mktemp("spoilt")))
    with duckdb.connect(str(copy)) as connection:
        connection.execute(f"attach '{sample_state.root / 'raw.duckdb'}' as raw_db (read_only)")
        connection.execute("set TimeZone = 'UTC'")
        yield connection


def failures(working: duckdb.DuckDBPyConnection, test: DataTest, *faults: str) -> list[str]:
    """Return the first column of what the test finds once the faults are planted."""
    working.execute("begin")
    try:
        for fault in faults:
            working.execute(fault)
        return [str(row[0]) for row in working.execute(test.query).fetchall()]
    finally:
        working.execute("rollback")


# A value of each type, to make up a row where the sample has none.
ANYTHING = {"VARCHAR": "'x'", "BOOLEAN": "true", "DATE": "date '2026-01-01'"}


def as_table(
    working: duckdb.DuckDBPyConnection, table: str, keys: Collection[str] = ()
) -> tuple[str, ...]:
    """Return the statements after which the model is a table with at least one row.

    A row that is made up has values in `keys` and nothing else.
    """
    schema, name = table.split(".")
    kinds = working.execute(
        "select table_type from information_schema.tables "
        "where table_catalog = current_database() and table_schema = ? and table_name = ?",
        [schema, name],
    ).fetchone()
    assert kinds is not None, f"{table} is not in the working database"
    made = (
        f"create table {schema}.copied as select * from {table}",
        f"drop {'view' if kinds[0] == 'VIEW' else 'table'} {table}",
        f"alter table {schema}.copied rename to {name}",
    )
    row = working.execute(f"select count(*) from {table}").fetchone()
    assert row is not None
    if row[0]:
        return made if kinds[0] == "VIEW" else ()
    columns = working.execute(f"describe {table}").fetchall()
    values = ", ".join(
        ANYTHING.get(kind, "1") if name in keys else "null" for name, kind, *_ in columns
    )
    return (*made, f"insert into {table} values ({values})")


def faults_of(test: DataTest) -> Iterator[Fault]:
    """Yield a fault for each claim of a `sound_rows`."""
    table, claims = test.table, test.arguments
    row = one(table, test.where)
    key = claims.get("primary_key", [])
    for columns in (key, *claims.get("unique", [])):
        if columns:
            doubled = f"insert into {table} select * from {table}"
            yield Fault(doubled, f"{' + '.join(columns)} repeats")
    for column in (*key, *claims.get("filled", [])):
        yield Fault(f"update {table} set {column} = null {row}", f"{column} is empty")
    for column, accepted in claims.get("values", {}).items():
        planted = f"update {table} set {column} = 'planted' {row}"
        yield Fault(planted, f'{column} is "planted", none of {", ".join(accepted)}')
    for column, parent in claims.get("parents", {}).items():
        planted = f"update {table} set {column} = 'planted' {row}"
        name = re.sub(r".*ref\('(\w+)'\).*", r"\1", parent["to"])
        yield Fault(planted, f"{column} is no {parent['field']} of {name}")
    for claim in claims.get("holds", {}):
        breach = f"it does not hold that {claim.replace('_', ' ')}"
        yield Fault(f"update {table} set {BROKEN[claim]} {row}", breach)


def test_every_law_has_a_planted_fault() -> None:
    assert len(LAWS) > 20
    assert set(FAULTS) == LAWS


@pytest.mark.parametrize(
    ("law", "fault"), [(law, fault) for law, faults in FAULTS.items() for fault in faults]
)
def test_a_law_turns_red_on_a_planted_fault(
    working: duckdb.DuckDBPyConnection, data_tests: dict[str, DataTest], law: str, fault: str
) -> None:
    assert failures(working, data_tests[law]) == []
    assert failures(working, data_tests[law], fault) != []


def test_every_claim_turns_red_on_a_planted_fault_and_says_which_one_it_is(
    working: duckdb.DuckDBPyConnection, data_tests: dict[str, DataTest]
) -> None:
    generic = [test for test in data_tests.values() if test.kind != "law"]
    assert {test.kind for test in generic} == {"sound_rows"}
    green: list[str] = []
    planted = 0
    for test in generic:
        claims = test.arguments
        keys = {
            *claims.get("primary_key", []),
            *claims.get("filled", []),
            *itertools.chain(*claims.get("unique", [])),
        }
        prepared = as_table(working, test.table, keys)
        for fault in faults_of(test):
            planted += 1
            try:
                found = failures(working, test, *prepared, fault.statement)
            except duckdb.ConstraintException:
                continue  # The contract of the mart refuses it before any test.
            if fault.breach not in found:
                green.append(f"{test.name}: {fault.statement}: {found}")
    assert planted > 400
    assert green == []
