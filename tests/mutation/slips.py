"""The slips: one line of the SQL of the stages' engine, written a little wrong; pure.

Belongs here: which slips there are in contracts, health, conditions, visits and evidence, and the
SQL of each. Does not belong here: mutants of KPIs (``mutants``), and running either.

Left out: `>=` for `>` and `<> 0` for `< 0` in int_condition_ends. Its rows are read for conditions
that hold on the as-of date alone, and the first change after that can but end one of those.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Slip:
    """One line of a model's compiled SQL, and what stands there instead.

    Attributes:
        model: the model.
        right: a text that stands in its compiled SQL exactly once.
        wrong: what is written in its place; the same text is the control.
        unit_test: the dbt unit test that fails then, where no world of the batches tells.
    """

    model: str
    right: str
    wrong: str
    unit_test: str = ""


# A control: it changes nothing, so whoever notices it notices anything.
CONTROL = Slip("int_event_names", "with\n", "with\n")

# By model, in the order of the engine: what a line says, and what it must not say.
SLIPS = tuple(
    Slip(model, right, wrong, *unit_test)
    for model, pairs in {
        "int_event_names": (
            ("coalesce(known_names.is_visit, true)", "coalesce(known_names.is_visit, false)"),
        ),
        "int_event_name_signals": (
            ("bool_and(event_signals.operator is not null)", "false"),
            ("nullif(named_signals.value_property, 'value')", "cast(null as varchar)"),
        ),
        "int_conditional_signals": (
            ("when 'equals' then text = wanted", "when 'equals' then lower(text) = lower(wanted)",
             "conditions_hold_by_trimmed_text_and_by_exact_number_and_operands_are_data"),
            ("when 'at_least' then number >=", "when 'at_least' then number >"),
            ("when 'below' then number <", "when 'below' then number <="),
            ("when 'starts_with' then left(text, length(wanted)) = wanted",
             "when 'starts_with' then contains(text, wanted)",
             "conditions_hold_by_trimmed_text_and_by_exact_number_and_operands_are_data"),
            ("when 'contains' then contains(text, wanted)",
             "when 'contains' then starts_with(text, wanted)"),
        ),
        "int_self_referrals": (
            ("coalesce(customer_merges.final_customer_id, referred_customers.customer_id)",
             "referred_customers.customer_id"),
        ),
        "int_event_signals": (
            ("case when self_referrals.raw_row_id is null then name_signals.signal_no end",
             "name_signals.signal_no"),
            ("\n    is_first\n    or signal_no is not null", "\n    is_first"),
        ),
        "int_session_starts": (
            ("from \"working\".\"intermediate\".\"int_events\"\n    where is_visit",
             "from \"working\".\"intermediate\".\"int_events\"\n    where true"),
            ("or occurred_at > previous_at +", "or occurred_at >= previous_at +",
             "a_session_goes_on_after_30_minutes_and_ends_after_30_minutes_and_1_second"),
            ("and events.is_visit", "and true"),
        ),
        "int_subscription_events": (
            ("when 'subscription_start' then 1", "when 'subscription_start' then 4"),
            ("coalesce(amount > 0, true)", "coalesce(amount >= 0, true)"),
            ("coalesce(amount > 0, true)", "coalesce(amount > 0, false)"),
            ("stating_order < 3", "stating_order < 2"),
            ("in ('subscription_cancel', 'payment_failed')) as is_setback",
             "in ('subscription_cancel')) as is_setback"),
            ("in ('subscription_cancel', 'payment_failed')) as is_setback",
             "in ('payment_failed')) as is_setback"),
            ("told_months between 1 and 120", "told_months between 0 and 120"),
            ("told_months between 1 and 120", "told_months between 1 and 11"),
            ("and told_months = floor(told_months)", ""),
        ),
        "int_subscription_event_terms": (
            ("case when ends_on > event_date then ends_on else event_date end", "event_date"),
            ("case when ends_on > event_date then ends_on else event_date end", "ends_on"),
            ("when paid_until > event_date then paid_until", "when false then paid_until"),
            ("when paid_until > event_date then paid_until",
             "when paid_until >= event_date then paid_until"),
            ("and interval_months is null", "",
             "a_term_is_the_last_one_stated_and_a_cancel_ends_what_came_before_it"),
            ("and coalesce(paid_until <= event_date, true)", "",
             "a_term_is_the_last_one_stated_and_a_cancel_ends_what_came_before_it"),
            ("and is_change", "",
             "a_term_is_the_last_one_stated_and_a_cancel_ends_what_came_before_it"),
            ("min(cancelled_on)", "max(cancelled_on)",
             "a_term_is_the_last_one_stated_and_a_cancel_ends_what_came_before_it"),
            ("rows between 1 following and", "rows between current row and"),
            ("term_months * interval '1 month'", "term_months * interval '30 days'"),
            ("over subscription_events, 1)", "over subscription_events, 12)"),
            ("order by occurred_at, event_id", "order by occurred_at, event_id desc"),
        ),
        "int_paid_periods": (
            ("then greatest(changes.stated_before, decided_changes.paid_until)",
             "then changes.stated_before",
             "a_change_keeps_a_term_that_still_runs_and_begins_one_on_the_day_it_is_over"),
            ("when greatest(changes.stated_before, decided_changes.paid_until) >",
             "when greatest(changes.stated_before, decided_changes.paid_until) >=",
             "a_change_keeps_a_term_that_still_runs_and_begins_one_on_the_day_it_is_over"),
            ("case when stated_before > event_date", "case when stated_before >= event_date"),
            ("rows between unbounded preceding and 1 preceding",
             "rows between 1 preceding and 1 preceding",
             "a_change_keeps_a_term_that_still_runs_and_begins_one_on_the_day_it_is_over"),
            ("least((paid_until", "greatest((paid_until"),
            ("), cancelled_on) as ends_on", " + 1), cancelled_on) as ends_on"),
            (", cancelled_on) as ends_on", ") as ends_on"),
            ("where is_paid", "where true"),
        ),
        "int_subscription_health": (
            ("least(ends_on, (paid_until", "least(ends_on, (1 + paid_until"),
            ("where is_setback <> was_setback", "where is_setback"),
            ("partition by person_key, subscription_id order by place",
             "partition by person_key order by place"),
        ),
        "int_silences": (
            ("cast(policy.cold_after_days as integer)",
             "cast(policy.cold_after_days + 1 as integer)"),
        ),
        "int_health_changes": (
            ("when at_risk > 0 then 'at_risk'", "when at_risk > 1 then 'at_risk'"),
            ("when lapsed > 0 then 'lapsed'", "when lapsed > 0 and cold = 0 then 'lapsed'"),
            ("silent_until as changed_on", "silent_until + 1 as changed_on"),
        ),
        "int_reactivations": (
            ("where ends_on > begins_on", "",
             "an_order_day_or_a_running_paid_period_reactivates_only_if_its_eve_was_lapsed"),
            ("health_changes.previous_health = 'lapsed'",
             "health_changes.previous_health in ('lapsed', 'at_risk')"),
            ("when count(*) = count(comeback_days.voided_on) then", "when true then",
             "an_order_day_or_a_running_paid_period_reactivates_only_if_its_eve_was_lapsed"),
        ),
        "int_person_signals": (
            ("\n        is_start_or_renewal\n        and is_paid", "\n        is_paid"),
            ("\n        is_start_or_renewal\n        and is_paid", "\n        is_start_or_renewal"),
            ("ends_on as voided_on", "cast(null as date) as voided_on"),
        ),
        "int_outlooks": (
            ("when contract_healths.health = subject_healths.health then 'contract'",
             "when contract_healths.health is not null then 'contract'"),
            ("min(health) as health", "max(health) as health"),
            ("order_rhythms.expected_next_order_on < settings.as_of_date",
             "order_rhythms.expected_next_order_on <= settings.as_of_date"),
            ("not in ('at_risk', 'lapsed')", "not in ('lapsed')"),
        ),
        "int_renewals": (
            ("periods.ends_on > settings.as_of_date", "periods.ends_on >= settings.as_of_date",
             "of_two_plans_the_one_nobody_cancelled_renews_and_not_before_tomorrow"),
            ("last_moves.last_cancel <= last_moves.last_begun",
             "last_moves.last_cancel > last_moves.last_begun"),
            ("running_periods.paid_until > settings.as_of_date",
             "running_periods.paid_until >= settings.as_of_date"),
            ("max(periods.paid_until)", "min(periods.paid_until)"),
        ),
        "int_condition_set_evidence": (
            ("condition_set_stages.ordinal + 1 = next_stages.ordinal",
             "condition_set_stages.ordinal = next_stages.ordinal"),
            ("rule_conditions.signal = conditions.signal",
             "rule_conditions.signal <> conditions.signal"),
        ),
        "int_explaining_facts": (
            ("current_states.word_0 = set_metrics.word_0", "true"),
            ("facts.signal_date > metrics.counts_after",
             "facts.signal_date >= metrics.counts_after"),
            ("coalesce(facts.voided_on > settings.as_of_date, true)", "true"),
        ),
        "int_measured_values": (
            ("recent_facts.occurred_at desc,", "recent_facts.occurred_at,"),
            ("count(distinct signal_date)", "count(signal_date)"),
        ),
        "int_stage_evidence": (
            ("ceil(conditions.below) - 1", "conditions.below"),
            ("conditions.at_least - conditions.observed", "conditions.at_least"),
            ("case when conditions.holds then condition_ends.stops_holding_on end",
             "condition_ends.stops_holding_on"),
        ),
    }.items()
    for right, wrong, *unit_test in pairs
)  # fmt: skip


def slipped(compiled: str, slip: Slip) -> str:
    """Return the compiled SQL of the slip's model with its one line wrong.

    Raises:
        ValueError: the line stands there not once.
    """
    found = compiled.count(slip.right)
    if found != 1:
        raise ValueError(f"{slip.model} says {slip.right!r} {found} times, not once")
    return compiled.replace(slip.right, slip.wrong)
