"""The reference reads "By subscriptions" of section 6 of the page as worked out here by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.reference import contracts, health
from tests.reference.contracts import Period, Subscription, after_months
from tests.reference.health import by_contracts, health_on
from tests.reference.identity import identify
from tests.reference.rulebook import EventSignal
from tests.reference.small import SHIPPED_POLICY, day, event, order, rows, rules, settled, subject
from tests.reference.stages.outlook import outlooks
from tests.reference.world import Customer, Event, World

START, RENEWAL = "Subscription Started", "Subscription Renewed"
CHANGE, CANCEL, FAILED = "Subscription Changed", "Subscription Cancelled", "Payment Failed"


def said(event_id: str, when: str, name: str, amount: str | None = "10", **told: Any) -> Event:
    """A contract event of customer ``c``; keyword arguments are its properties."""
    value = None if amount is None else Decimal(amount)
    who = {"user_id": told.pop("user_id", "c")}
    return event(event_id, when, name, value=value, properties=json.dumps(told), **who)


def plans(*events: Event, **settings: Any) -> list[Subscription]:
    staged, resolved, rulebook = settled(World(events=events), **settings)
    return contracts.subscriptions_of(staged, resolved, rulebook, identify(staged, resolved))


def periods(*events: Event, **settings: Any) -> list[tuple[str, str, str]]:
    (plan,) = plans(*events, **settings)
    return [told_period(period) for period in plan.periods]


def told_period(period: Period) -> tuple[str, str, str]:
    return str(period.begins), str(period.until), str(period.ends)


def healths(days: dict[str, str], *events: Event, **settings: Any) -> None:
    seen = subject(World(events=events), **settings)
    assert {text: health_on(seen, SHIPPED_POLICY, day(text)) for text in days} == days


YEARLY = said("e1", "2020-01-10", START, interval_months=12)


def test_a_yearly_subscriber_with_events_only_is_active_for_12_months_and_lapses_after_the_grace():
    healths(
        {
            "2020-01-10": "active",
            "2021-01-09": "active",  # the last day that is paid for
            "2021-01-12": "active",  # three days of slack
            "2021-01-13": "at_risk",
            "2021-02-23": "at_risk",
            "2021-02-24": "lapsed",  # 45 days after the first unpaid one
        },
        YEARLY,
        as_of_date=day("2021-12-31"),
    )


def test_without_slack_the_first_unpaid_day_is_at_risk():
    healths(
        {"2021-01-09": "active", "2021-01-10": "at_risk"},
        YEARLY,
        as_of_date=day("2021-12-31"),
        renewal_slack_days=0,
    )


@pytest.mark.parametrize(("grace", "last_day"), [(0, "2021-01-09"), (10, "2021-01-19")])
def test_the_grace_is_a_setting_and_its_last_day_is_no_lapse(grace: int, last_day: str):
    after = str(day(last_day) + timedelta(days=1))
    found = subject(
        World(events=(YEARLY,)), as_of_date=day("2021-12-31"), subscription_grace_days=grace
    )
    assert health_on(found, SHIPPED_POLICY, day(last_day)) != "lapsed"
    assert health_on(found, SHIPPED_POLICY, day(after)) == "lapsed"


@pytest.mark.parametrize(
    ("renewed_on", "again"), [("2021-02-23", []), ("2021-02-24", []), ("2021-02-25", [True])]
)
def test_a_late_renewal_reactivates_when_its_eve_had_lapsed(renewed_on: str, again: list[bool]):
    world = World(events=(YEARLY, said("e2", renewed_on, RENEWAL)))
    seen = subject(world, as_of_date=day("2021-12-31"))
    assert health_on(seen, SHIPPED_POLICY, day(renewed_on)) == "active"
    found = seen.facts.get("reactivation", ())
    assert [fact.voided_on is None and fact.signal_date == day(renewed_on) for fact in found] == (
        again
    )
    cycle = rows(world, rules(), as_of_date=day("2021-12-31"))[-1].cycle
    assert cycle == 1 + len(again)


def test_a_renewal_whose_period_is_over_the_same_day_reactivates_nobody():
    renewed = said("e2", "2021-06-01 12:00:00", RENEWAL)
    undone = said("e3", "2021-06-01 13:00:00", CANCEL)
    seen = subject(World(events=(YEARLY, renewed, undone)), as_of_date=day("2021-12-31"))
    assert "reactivation" not in seen.facts
    assert health_on(seen, SHIPPED_POLICY, day("2021-06-01")) == "lapsed"


def test_a_reactivation_stays_when_its_orders_go_and_its_renewal_does_not():
    renewed = said("e2", "2021-06-01", RENEWAL)
    bought = order("o", "2021-06-01", cancelled_at=day_at("2021-06-05"))
    both = subject(World(events=(YEARLY, renewed), orders=(bought,)), as_of_date=day("2021-12-31"))
    assert [fact.voided_on for fact in both.facts["reactivation"]] == [None]
    alone = subject(World(events=(YEARLY,), orders=(bought,)), as_of_date=day("2021-12-31"))
    assert [fact.voided_on for fact in alone.facts["reactivation"]] == [day("2021-06-05")]


def day_at(text: str):
    return event("x", text).occurred_at


@pytest.mark.parametrize(
    ("begun", "months", "until"),
    [
        ("2020-01-31", 1, "2020-02-29"),
        ("2021-01-31", 1, "2021-02-28"),
        ("2020-02-29", 12, "2021-02-28"),
        ("2020-12-15", 1, "2021-01-15"),
        ("2020-03-31", 120, "2030-03-31"),
    ],
)
def test_months_are_calendar_months_clamped_to_the_last_day(begun: str, months: int, until: str):
    assert after_months(day(begun), months) == day(until)


@pytest.mark.parametrize(
    ("stated", "until"),
    [
        (3, "2020-04-10"),
        ("3", "2020-04-10"),
        (" 3.0 ", "2020-04-10"),
        ("0.3e1", "2020-04-10"),
        (120, "2030-01-10"),
        (121, "2020-02-10"),
        (0, "2020-02-10"),
        (1.5, "2020-02-10"),
        (True, "2020-02-10"),
        ("three", "2020-02-10"),
        (None, "2020-02-10"),
    ],
)
def test_an_interval_is_whole_and_from_1_to_120_months_else_unusable(stated: Any, until: str):
    ((_, found, _),) = periods(said("e", "2020-01-10", START, interval_months=stated))
    assert found == until


def test_an_unusable_interval_is_the_last_usable_one_any_contract_event_stated_before():
    found = periods(
        said("e1", "2020-01-10", START, interval_months=3),
        said("e2", "2020-04-10", FAILED, interval_months=12),
        said("e3", "2020-04-12", RENEWAL, interval_months="soon"),
    )
    assert [until for _, until, _ in found] == ["2020-04-10", "2021-04-12"]


@pytest.mark.parametrize(
    ("stated", "until"),
    [
        ("2020-01-11", "2020-01-11"),
        ("2020-01-10", "2020-02-10"),  # not later than the event
        ("2020-03-01T00:00Z", "2020-03-01"),
        ("2020-03-01 23:59:59.5", "2020-03-01"),
        ("2020-03-01T23:30:00-01:00", "2020-03-02"),
        ("2020-03-01T00:30:00+01:00", "2020-02-29"),
        ("2020-02-30", "2020-02-10"),
        ("2020-03-01T24:00", "2020-02-10"),
        ("01.03.2020", "2020-02-10"),
        ("2020-03-01  10:00", "2020-02-10"),
        (1583020800, "2020-02-10"),
        (None, "2020-02-10"),
    ],
)
def test_paid_until_is_a_date_or_an_instant_else_unusable(stated: Any, until: str):
    ((_, found, _),) = periods(said("e", "2020-01-10", START, paid_until=stated))
    assert found == until


def test_an_instant_is_paid_until_its_reporting_date():
    told = said("e", "2020-01-10", START, paid_until="2020-03-01T23:30:00Z")
    assert periods(told, timezone="Europe/Rome")[0][1] == "2020-03-02"


@pytest.mark.parametrize(
    ("told", "until"),
    [
        ({}, "2021-01-10"),  # keeps the term
        ({"interval_months": 1}, "2020-04-01"),
        ({"paid_until": "2020-06-01"}, "2020-06-01"),
    ],
)
def test_a_change_that_states_no_interval_keeps_the_paid_term(told: dict[str, Any], until: str):
    found = periods(YEARLY, said("e2", "2020-03-01", CHANGE, amount="20", **told))
    assert found[-1][1] == until


@pytest.mark.parametrize("changed_on", ["2020-02-20", "2020-03-15"])
def test_a_change_keeps_the_latest_of_the_terms_begun_before(changed_on: str):
    found = periods(
        YEARLY, said("e2", "2020-02-01", RENEWAL, interval_months=1), said("e3", changed_on, CHANGE)
    )
    assert [until for _, until, _ in found] == ["2021-01-10", "2020-03-01", "2021-01-10"]


def test_a_change_after_the_paid_term_begins_a_new_one_of_the_last_interval():
    found = periods(
        said("e1", "2020-01-10", START, interval_months=2), said("e2", "2020-03-10", CHANGE)
    )
    assert found[-1][:2] == ("2020-03-10", "2020-05-10")


@pytest.mark.parametrize(
    ("amount", "begun"), [("0.00005", 1), ("0.00004", 0), ("0", 0), ("-1", 0), (None, 1)]
)
def test_an_amount_of_nothing_or_less_begins_no_paid_period(amount: str | None, begun: int):
    (plan,) = plans(said("e", "2020-01-10", START, amount=amount))
    assert len(plan.periods) == begun
    seen = subject(World(events=(said("e", "2020-01-10", START, amount=amount),)))
    expected = "active" if begun else "prospect"
    assert health_on(seen, SHIPPED_POLICY, day("2020-01-10")) == expected
    assert len(seen.facts.get("subscribed", ())) == len(seen.facts.get("purchase", ())) == begun


@pytest.mark.parametrize(
    ("ends_on", "last_day"),
    [
        (None, "2020-02-29"),  # at once, so the day before is the last
        ("2020-03-01", "2020-02-29"),  # not later than the cancel
        ("2020-03-02", "2020-03-01"),
        ("2020-03-20T10:00:00Z", "2020-03-19"),
        ("whenever", "2020-02-29"),
    ],
)
def test_a_cancel_ends_what_came_before_on_ends_on(ends_on: str | None, last_day: str):
    told = {} if ends_on is None else {"ends_on": ends_on}
    events = (YEARLY, said("e2", "2020-03-01", CANCEL, amount=None, **told))
    after = str(day(last_day) + timedelta(days=1))
    seen = subject(World(events=events))
    assert health_on(seen, SHIPPED_POLICY, day(last_day)) in {"active", "at_risk"}
    assert health_on(seen, SHIPPED_POLICY, day(after)) == "lapsed"
    (fact,) = seen.facts["subscribed"]
    assert fact.voided_on == day(after)


def test_a_cancelled_plan_is_at_risk_until_it_ends():
    healths(
        {"2020-02-29": "active", "2020-03-01": "at_risk", "2020-05-31": "at_risk"}
        | {"2020-06-01": "lapsed"},
        YEARLY,
        said("e2", "2020-03-01", CANCEL, ends_on="2020-06-01"),
    )


def test_the_earliest_end_counts_and_a_cancel_ends_nothing_that_comes_after_it():
    found = periods(
        YEARLY,
        said("e2", "2020-03-01", CANCEL, ends_on="2020-06-01"),
        said("e3", "2020-03-02", CANCEL, ends_on="2020-08-01"),
        said("e4", "2020-05-01", START, interval_months=1),
    )
    assert [ends for _, _, ends in found] == ["2020-06-01", "2020-07-16"]


def test_a_failed_payment_is_at_risk_until_something_better_is_said():
    healths(
        {"2020-02-09": "active", "2020-02-10": "at_risk", "2020-02-11": "active"},
        said("e1", "2020-01-10", START),
        said("e2", "2020-02-10", FAILED, amount=None),
        said("e3", "2020-02-11", RENEWAL),
    )


def test_of_two_plans_one_cancelled_the_other_keeps_its_person_active():
    events = (
        said("e1", "2020-01-10", START, subscription_id="a", interval_months=12),
        said("e2", "2020-01-10", START, subscription_id="b", interval_months=12),
        said("e3", "2020-02-01", CANCEL, subscription_id="b"),
    )
    healths({"2020-02-01": "active", "2020-12-01": "active"}, *events)
    assert len(plans(*events)) == 2
    seen = subject(World(events=events))
    assert len(seen.standing("subscribed", day("2020-01-31"))) == 2
    assert len(seen.standing("subscribed", day("2020-02-01"))) == 1


@pytest.mark.parametrize(
    ("one", "other", "count"),
    [
        ("17850.0", "17850", 1),
        (17850, "17850", 1),
        ("'1001", "1001", 1),
        ("null", None, 1),
        ("0", " ", 1),
        (True, None, 1),
        ("a", "A", 2),
        ("a", None, 2),
    ],
)
def test_subscription_ids_are_canonical_and_excluded_ones_absent(one: Any, other: Any, count: int):
    found = plans(
        said("e1", "2020-01-10", START, subscription_id=one),
        said("e2", "2020-01-11", START, subscription_id=other),
    )
    assert len(found) == count


def test_subscriptions_of_two_persons_are_two():
    shared = {"subscription_id": "a"}
    first = said("e1", "2020-01-10", START, **shared)
    assert len(plans(first, said("e2", "2020-01-11", CANCEL, user_id="d", **shared))) == 2


def test_an_event_that_begins_and_cancels_ends_only_what_came_before_it():
    switched = rules(
        event_signals=(
            EventSignal("Switched", "subscription_start", is_money=True),
            EventSignal("Switched", "subscription_cancel", is_money=True),
        )
    )
    world = World(events=(YEARLY, said("e2", "2020-03-01", "Switched", interval_months=1)))
    seen = subject(world, switched)
    assert [told_period(period)[2] for period in seen.subscriptions[0].periods] == [
        "2020-03-01",
        "2020-05-16",
    ]
    # The last event is a cancel, whatever else it is.
    assert health_on(seen, SHIPPED_POLICY, day("2020-03-01")) == "at_risk"


def test_orders_and_a_plan_give_the_better_health_and_say_which():
    world = World(orders=(order("o", "2020-01-02"),), events=(said("e", "2020-05-01", START),))
    seen = subject(world)
    told = {
        text: (
            health_on(seen, SHIPPED_POLICY, day(text)),
            health.basis_on(seen, SHIPPED_POLICY, day(text)),
        )
        for text in ("2020-05-01", "2020-05-09", "2020-06-04", "2020-07-16", "2020-09-22")
    }
    assert told == {
        "2020-05-01": ("active", "contract"),  # both are active
        "2020-05-09": ("active", "contract"),  # 128 days after the order
        "2020-06-04": ("at_risk", "contract"),  # and three days unpaid
        "2020-07-16": ("at_risk", "orders"),  # the grace is over
        "2020-09-22": ("lapsed", "contract"),
    }


def test_prospects_and_cold_ones_have_no_basis():
    seen = subject(World(events=(event("e", "2020-01-01"),)))
    assert health.basis_on(seen, SHIPPED_POLICY, day("2020-01-01")) is None
    assert health.basis_on(seen, SHIPPED_POLICY, day("2020-12-31")) is None


@pytest.mark.parametrize(
    ("name", "when", "on", "expected"),
    [
        ("Clicked", "2020-01-01", "2020-06-28", "prospect"),  # 179 days
        ("Clicked", "2020-01-01", "2020-06-29", "cold"),  # 180 days
        ("Email Clicked", "2020-03-01", "2020-08-27", "prospect"),
        ("Email Clicked", "2020-03-01", "2020-08-28", "cold"),
        ("NPS Answered", "2020-03-01", "2020-06-29", "cold"),  # an answer warms nobody
    ],
)
def test_a_prospect_is_cold_after_180_days_without_a_sign(name, when, on, expected: str):
    world = World(events=(event("a", "2020-01-01", "Clicked"), event("b", when, name)))
    assert health_on(subject(world), SHIPPED_POLICY, day(on)) == expected


def test_a_lead_is_a_sign_and_a_sign_ends_the_cold():
    world = World(
        events=(event("a", "2020-01-01", "Clicked"), event("b", "2020-12-01", "Clicked")),
        customers=(Customer("c", day_at("2020-02-01")),),
    )
    seen = subject(world)
    told = [
        health_on(seen, SHIPPED_POLICY, day(text))
        for text in ("2020-07-29", "2020-07-30", "2020-11-30", "2020-12-01")
    ]
    assert told == ["prospect", "cold", "cold", "prospect"]
    assert [row.health for row in rows(world, rules())] == ["prospect", "cold", "prospect"]


def test_a_customer_all_of_whose_orders_went_turns_cold_not_only_a_prospect():
    gone = order("o", "2020-01-02", cancelled_at=day_at("2020-08-01"))
    seen = subject(World(orders=(gone,)))
    assert health_on(seen, SHIPPED_POLICY, day("2020-08-01")) == "cold"


def test_an_account_has_the_best_contract_of_its_members():
    world = World(
        events=(
            said("e1", "2020-01-10", START),
            said("e2", "2020-01-20", START, user_id="d", interval_months=12),
        ),
        customers=(
            Customer("c", day_at("2020-01-01"), account_id="firm"),
            Customer("d", day_at("2020-01-01"), account_id="firm"),
        ),
    )
    firm = health.subjects(*settled(world))[0]
    assert firm.subject_id == "account:firm"
    assert by_contracts(firm, day("2020-12-31")) == "active"
    assert {len(firm.standing("subscribed", day(text))) for text in ("2020-02-01",)} == {2}


def only_outlook(world: World, **settings: Any):
    (found,) = outlooks(*settled(world, **settings))
    return found


def test_the_outlook_of_a_plan_names_the_day_of_risk_of_lapse_and_of_renewal():
    found = only_outlook(World(events=(YEARLY,)), as_of_date=day("2020-12-31"))
    assert (found.health_basis, found.renews_on) == ("contract", day("2021-01-10"))
    assert (found.at_risk_on, found.lapsed_on) == (day("2021-01-13"), day("2021-02-24"))
    assert (found.usual_gap_days, found.expected_next_order_on, found.days_overdue) == (None,) * 3


@pytest.mark.parametrize(
    ("as_of", "at_risk_on", "lapsed_on", "renews_on"),
    [
        ("2021-01-09", "2021-01-13", "2021-02-24", "2021-01-10"),
        ("2021-01-10", "2021-01-13", "2021-02-24", None),  # not after as_of_date
        ("2021-01-13", None, "2021-02-24", None),
        ("2021-02-24", None, None, None),
    ],
)
def test_a_day_that_has_come_is_no_day_to_act_on(as_of, at_risk_on, lapsed_on, renews_on):
    found = only_outlook(World(events=(YEARLY,)), as_of_date=day(as_of))
    expected = [None if text is None else day(text) for text in (at_risk_on, lapsed_on, renews_on)]
    assert [found.at_risk_on, found.lapsed_on, found.renews_on] == expected


def test_a_cancelled_plan_does_not_renew_and_of_two_the_earlier_counts():
    plan = said("e1", "2020-01-10", START, subscription_id="a", interval_months=12)
    later = said("e2", "2020-06-10", START, subscription_id="b", interval_months=12)
    gone = said("e3", "2020-07-01", CANCEL, subscription_id="a", ends_on="2021-01-10")
    as_of = day("2020-12-31")
    both = only_outlook(World(events=(plan, later)), as_of_date=as_of)
    assert both.renews_on == day("2021-01-10")
    one = only_outlook(World(events=(plan, later, gone)), as_of_date=as_of)
    assert one.renews_on == day("2021-06-10")


@pytest.mark.parametrize(("as_of", "overdue"), [("2020-03-02", None), ("2020-03-03", 1)])
def test_an_order_is_overdue_from_the_day_after_it_was_expected(as_of: str, overdue: int | None):
    # One order says nothing of gaps, so the prior of 60 days does.
    found = only_outlook(World(orders=(order("o", "2020-01-02"),)), as_of_date=day(as_of))
    assert (found.usual_gap_days, found.expected_next_order_on) == (60, day("2020-03-02"))
    assert found.days_overdue == overdue
    assert (found.at_risk_on, found.lapsed_on) == (day("2020-05-09"), day("2020-09-22"))
    assert found.health_basis == "orders"


def test_stated_limits_stand_instead_of_the_formula():
    policy = replace(SHIPPED_POLICY, at_risk_after_days=10, lapsed_after_days=20)
    seen = subject(World(orders=(order("o", "2020-01-01"),)))
    told = [
        health_on(seen, policy, day(text))
        for text in ("2020-01-10", "2020-01-11", "2020-01-20", "2020-01-21")
    ]
    assert told == ["active", "at_risk", "at_risk", "lapsed"]


def test_a_plan_renewed_early_is_paid_until_the_later_of_its_terms():
    events = (YEARLY, said("e2", "2020-12-20", RENEWAL, interval_months=1))
    found = only_outlook(World(events=events), as_of_date=day("2020-12-31"))
    assert found.renews_on == day("2021-01-20")
    switched = (YEARLY, said("e2", "2020-03-01", RENEWAL, interval_months=1))
    found = only_outlook(World(events=switched), as_of_date=day("2020-03-02"))
    assert found.renews_on == day("2021-01-10")


@pytest.mark.parametrize(("as_of", "health_then"), [("2020-02-29", "active"), ("2020-03-01", None)])
def test_what_is_said_on_the_last_day_counts_and_what_comes_later_does_not(as_of, health_then):
    events = (YEARLY, said("e2", "2020-03-01", CANCEL, ends_on="2020-06-01"))
    seen = subject(World(events=events), as_of_date=day(as_of))
    assert len(seen.subscriptions[0].told) == (1 if health_then else 2)
    found = only_outlook(World(events=events), as_of_date=day(as_of))
    assert found.renews_on == (day("2021-01-10") if health_then else None)
    begun = only_outlook(World(events=(YEARLY,)), as_of_date=day("2020-01-10"))
    assert begun.renews_on == day("2021-01-10")
