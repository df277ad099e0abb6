"""What simulated people live through, counted from the files a simulation writes.

Belongs here: that each thing happens, in both ways it can end, and that the truth agrees with the
events. Does not belong here: the simulator's arguments and bytes (test_simulate.py), or the
committed sample (tests/pipeline/test_sample.py).
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

import duckdb
import pytest

from orchestration.simulator.simulate import simulate
from tests.unit.server_events import SERVER_EVENTS

# Another shop than the sample, so that no claim rests on its seed.
CUSTOMERS, DAYS, SEED = 600, 540, 3
GRACE = timedelta(days=45)  # The default of subscription_grace_days.
SHORT_MONTHS = timedelta(days=3)  # A plan of the 31st, renewed on 28 February, seems to end then.
LATEST_RECOVERY = timedelta(days=6)  # So long after it was due a failed charge may still be paid.


@dataclass
class Period:
    """A paid period (docs/lifecycle_semantics.md#health): in force from `begins` until `ends`."""

    begins: date
    paid_to: date  # The first day it does not pay for.
    ends: date


@dataclass
class Plan:
    """One subscription, read from its events alone."""

    periods: list[Period] = field(default_factory=list[Period])
    months: int = 1

    def in_force(self, day: date) -> bool:
        return any(period.begins <= day < period.ends for period in self.periods)


def after_months(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    folder = simulate(CUSTOMERS, DAYS, SEED, tmp_path_factory.mktemp("life") / "shop").out
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            create table events as
            select distinct on (event_id)
                *,
                cast(occurred_at as date) as occurred_on,
                coalesce(nullif(user_id, 'undefined'), anonymous_id) as actor,
                properties ->> 'subscription_id' as subscription_id,
                properties ->> 'chat_id' as chat_id,
                properties ->> 'ticket_id' as ticket_id,
                properties ->> 'message_id' as message_id,
                event_name in ('Help Article Viewed', 'FAQ Viewed') as is_help,
                event_name in ('Ticket Opened', 'Chat Started') as is_contact
            from read_parquet('{folder}/events/*.parquet')
            order by event_id, received_at
            """
        )
        connection.execute(
            f"create table orders as select * from read_json('{folder}/orders.jsonl.gz') "
            "where not is_test and not is_deleted and status <> 'failed'"
        )
        for table in ("customers", "channel_daily"):
            connection.execute(
                f"create table {table} as select * from read_csv('{folder}/{table}.csv')"
            )
        connection.execute(
            f"create table truth as from read_parquet('{folder}/_truth/subscriptions.parquet')"
        )
        yield connection


def count(life: duckdb.DuckDBPyConnection, query: str) -> int:
    return life.execute(f"select count(*) from ({query})").fetchall()[0][0]


def share(life: duckdb.DuckDBPyConnection, condition: str, rows: str) -> float:
    query = f"select avg(cast(coalesce({condition}, false) as integer)) from ({rows})"
    return life.execute(query).fetchall()[0][0]


@pytest.fixture(scope="module")
def plans(life: duckdb.DuckDBPyConnection) -> dict[str, Plan]:
    """Read every subscription in order, as docs/lifecycle_semantics.md#health does."""
    found: dict[str, Plan] = {}
    rows = life.execute(
        """
        select
            subscription_id, event_name, occurred_on,
            cast(properties ->> 'interval_months' as integer),
            cast(cast(properties ->> 'paid_until' as timestamp) as date),
            cast(cast(properties ->> 'ends_on' as timestamp) as date)
        from events
        where subscription_id is not null
        order by subscription_id, occurred_at, event_id
        """
    ).fetchall()
    for subscription, name, day, months, paid_until, ends_on in rows:
        plan = found.setdefault(subscription, Plan())
        plan.months = months or plan.months
        if name == "Subscription Cancelled":
            end = max(day, ends_on or day)
            for period in plan.periods:
                period.ends = min(period.ends, end)
        elif name.startswith("Subscription"):
            paid_to = paid_until or after_months(day, plan.months)
            if name == "Subscription Changed" and not paid_until:
                paid_to = max(period.paid_to for period in plan.periods)
            plan.periods.append(Period(day, paid_to, paid_to + GRACE))
    return found


@dataclass(frozen=True)
class Stretch:
    """A row of the truth, with what follows it."""

    subscription: str
    months: int
    started: date
    paid_until: date
    left: date | None
    why: str | None
    next_start: date | None


@pytest.fixture(scope="module")
def stretches(life: duckdb.DuckDBPyConnection) -> list[Stretch]:
    rows = life.execute(
        """
        select
            subscription_id, interval_months, started_on, paid_until, left_on, why,
            lead(started_on) over (partition by subscription_id order by stretch_no)
        from truth
        order by subscription_id, stretch_no
        """
    ).fetchall()
    return [Stretch(*row) for row in rows]


def test_plans_of_one_three_and_twelve_months_are_begun_and_renewed(
    life: duckdb.DuckDBPyConnection, stretches: list[Stretch], plans: dict[str, Plan]
) -> None:
    assert {stretch.months for stretch in stretches} == {1, 3, 12}
    for months in (1, 3, 12):
        of_interval = {s.subscription for s in stretches if s.months == months}
        assert len(of_interval) >= 20
        assert sum(len(plans[name].periods) > 1 for name in of_interval) >= 4
    assert all(plans[s.subscription].months == s.months for s in stretches)
    renewals = "from events where event_name = 'Subscription Renewed'"
    assert 0.2 < share(life, "contains(properties, 'paid_until')", renewals) < 0.8
    assert count(life, f"{renewals} and contains(properties, 'interval_months')") > 100
    assert count(life, f"{renewals} and not contains(properties, 'interval_months')") > 100
    assert count(life, "from events where event_name = 'Subscription Changed'") > 15


def test_the_truth_knows_every_plan_of_the_events_and_no_other(
    stretches: list[Stretch], plans: dict[str, Plan]
) -> None:
    assert {stretch.subscription for stretch in stretches} == plans.keys()
    for stretch in stretches:
        begun = [p.begins for p in plans[stretch.subscription].periods]
        assert stretch.started in begun
        if stretch.next_start:
            assert stretch.left is not None
            assert stretch.next_start > stretch.left


def test_who_is_subscribed_in_truth_is_so_by_the_events(
    stretches: list[Stretch], plans: dict[str, Plan]
) -> None:
    last = date(2026, 6, 30)
    for stretch in stretches:
        plan = plans[stretch.subscription]
        until = stretch.left or last + timedelta(days=1)
        days = (until - stretch.started).days
        assert days > 0
        assert all(plan.in_force(stretch.started + timedelta(days=n)) for n in range(days))
        paid_to = max(p.paid_to for p in plan.periods if p.begins < until)
        assert stretch.paid_until - SHORT_MONTHS <= paid_to <= stretch.paid_until + LATEST_RECOVERY


def test_who_has_left_in_truth_is_out_by_the_events(
    stretches: list[Stretch], plans: dict[str, Plan]
) -> None:
    left = [stretch for stretch in stretches if stretch.left]
    assert {s.why for s in left} == {"cancelled", "paused", "payment_failed", "not_renewed"}
    assert {s.why for s in stretches if not s.left} == {None}
    for stretch in left:
        assert stretch.left is not None
        claim = timedelta(0)
        if stretch.why in ("payment_failed", "not_renewed"):
            assert stretch.left == stretch.paid_until
            claim = GRACE + LATEST_RECOVERY
        plan, day = plans[stretch.subscription], stretch.left + claim
        back = stretch.next_start or date.max
        assert day < back, "nobody returns before the claim has expired"
        assert not plan.in_force(day)
        assert not plan.in_force(back - timedelta(days=1))


def test_some_failed_payments_are_recovered_and_others_end_the_plan(
    life: duckdb.DuckDBPyConnection, stretches: list[Stretch]
) -> None:
    recovered = """
        select distinct renewed.event_id
        from events as renewed
        inner join events as failed
            on
                failed.subscription_id = renewed.subscription_id
                and failed.event_name in ('Payment Failed', 'Invoice Payment Failed')
                and renewed.occurred_at > failed.occurred_at
                and renewed.occurred_at < failed.occurred_at + interval 6 days
        where renewed.event_name = 'Subscription Renewed'
    """
    assert count(life, recovered) >= 15
    tried_thrice = date(2026, 6, 19)
    lost = [s for s in stretches if s.why == "payment_failed" and s.left and s.left < tried_thrice]
    assert len(lost) >= 8
    cancelled = 0
    for stretch in lost:
        attempts = (
            f"from events where subscription_id = '{stretch.subscription}' and "
            f"occurred_on between date '{stretch.left}' and date '{stretch.left}' + 10 and "
        )
        assert count(life, f"{attempts} contains(event_name, 'Payment Failed')") == 3
        assert count(life, f"{attempts} event_name = 'Subscription Renewed'") == 0
        cancelled += count(life, f"{attempts} event_name = 'Subscription Cancelled'")
    assert 0 < cancelled < len(lost)
    companies = "from events where event_name = 'Invoice Payment Failed'"
    assert count(life, companies) > 0
    assert count(life, f"{companies} and user_id not in (from (select customer_id from truth "
                 "where account_id is not null))") == 0  # fmt: skip


def test_a_pause_is_a_cancel_with_an_end_and_a_later_renewal_or_start(
    life: duckdb.DuckDBPyConnection, stretches: list[Stretch]
) -> None:
    paused = [stretch for stretch in stretches if stretch.why == "paused"]
    assert len([stretch for stretch in paused if stretch.next_start]) >= 5
    returns = set[str]()
    for stretch in paused:
        events = f"from events where subscription_id = '{stretch.subscription}' and "
        cancel = f"event_name = 'Subscription Cancelled' and occurred_on < '{stretch.left}'"
        assert count(life, f"{events} {cancel} and left(properties ->> 'ends_on', 10) = "
                     f"'{stretch.left}'") == 1  # fmt: skip
        if stretch.next_start:
            returns |= {
                name
                for (name,) in life.execute(
                    f"select event_name {events} occurred_on = '{stretch.next_start}'"
                ).fetchall()
            }
    assert returns == {"Subscription Renewed", "Subscription Started"}
    cancels = "from events where event_name = 'Subscription Cancelled'"
    assert 0.3 < share(life, "contains(properties, 'ends_on')", cancels) < 0.9


def test_people_are_known_by_plans_alone_by_orders_and_plans_and_as_companies(
    life: duckdb.DuckDBPyConnection,
) -> None:
    payers = "select distinct customer_id from truth where account_id is null"
    buyers = "select customer_id from orders where customer_id is not null"
    assert count(life, f"{payers} and customer_id not in ({buyers})") >= 15
    assert count(life, f"{payers} and customer_id in ({buyers})") >= 15
    companies = "select * from truth where account_id is not null"
    assert count(life, companies) >= 8
    assert count(life, f"{companies} and (customer_id, account_id) not in "
                 "(select (customer_id, account_id) from customers)") == 0  # fmt: skip
    one_of_two = """
        select ended.subscription_id
        from truth as ended
        inner join truth as other
            on
                other.customer_id = ended.customer_id
                and other.subscription_id <> ended.subscription_id
        where
            ended.why = 'cancelled'
            and other.started_on < ended.left_on
            and coalesce(other.left_on, date '2027-01-01') > ended.left_on
    """
    assert count(life, one_of_two) >= 2


def test_a_charge_for_deliveries_is_an_order_of_the_same_amount(
    life: duckdb.DuckDBPyConnection,
) -> None:
    charges = """
        select
            events.*,
            orders.order_id is not null as is_ordered,
            subtotal_price = value * coalesce(cast(properties ->> 'interval_months' as int), 1)
                as is_alike
        from events
        left join orders
            on
                orders.subscription_id = events.subscription_id
                and orders.created_at = events.occurred_at + interval 1 minute
        where event_name in ('Subscription Started', 'Subscription Renewed')
    """
    assert 0.2 < share(life, "is_ordered", charges) < 0.8
    assert count(life, f"select * from ({charges}) where is_ordered and not is_alike") == 0
    charged = f"select subscription_id from ({charges}) where is_ordered"
    assert count(life, f"from orders where subscription_id not in ({charged})") == 0
    later = f"select * from ({charges}) where not is_ordered and subscription_id in ({charged})"
    assert count(life, later) == 0


def test_no_server_event_lies_in_a_session(life: duckdb.DuckDBPyConnection) -> None:
    for name in SERVER_EVENTS:
        assert count(life, f"from events where event_name = '{name}'") > 0, name
        inside = f"from events where event_name = '{name}' and "
        assert count(life, f"{inside} (session_id is not null or page_url is not null)") == 0, name
    assert count(life, "from events where session_id is not null") > 10_000


def test_chats_have_an_id_and_most_are_answered_within_minutes(
    life: duckdb.DuckDBPyConnection,
) -> None:
    chats = """
        select
            started.chat_id,
            answered.event_id is not null as is_answered,
            date_diff('second', started.occurred_at, answered.occurred_at) as wait
        from events as started
        left join events as answered
            on answered.chat_id = started.chat_id and answered.event_name = 'Chat Answered'
        where started.event_name = 'Chat Started'
    """
    assert count(life, chats) > 200
    assert count(life, f"select distinct chat_id from ({chats})") == count(life, chats)
    assert count(life, f"select * from ({chats}) where wait <= 0") == 0
    assert 0.75 < share(life, "is_answered", chats) < 0.95
    assert 0 < share(life, "wait > 86400", chats) < 0.1
    assert share(life, "is_answered and wait < 3600", chats) > 0.7


def test_tickets_have_a_topic_and_some_are_followed_by_another(
    life: duckdb.DuckDBPyConnection,
) -> None:
    tickets = "select * from events where event_name = 'Ticket Opened'"
    topics = life.execute(f"select distinct properties ->> 'topic' from ({tickets})").fetchall()
    assert {topic for (topic,) in topics} == {"delivery", "product", "order", "billing", "plan"}
    assert count(life, f"select distinct ticket_id from ({tickets})") == count(life, tickets)
    again = f"""
        select first.ticket_id
        from ({tickets}) as first
        semi join ({tickets}) as later
            on
                later.user_id = first.user_id
                and later.ticket_id <> first.ticket_id
                and later.occurred_at > first.occurred_at
                and later.occurred_on <= first.occurred_on + 7
    """
    assert 0.05 < count(life, again) / count(life, tickets) < 0.3


def test_help_is_viewed_in_sessions_and_mostly_helps(life: duckdb.DuckDBPyConnection) -> None:
    assert count(life, "from events where is_help and session_id is not null") > 200
    views = """
        select
            exists (
                from events as contact
                where
                    contact.is_contact
                    and contact.actor = viewed.actor
                    and contact.occurred_at >= viewed.occurred_at
                    and contact.occurred_at <= viewed.occurred_at + interval 1 day
            ) as is_in_vain
        from events as viewed
        where is_help
    """
    assert 0.1 < share(life, "is_in_vain", views) < 0.5


def test_some_orders_use_a_coupon(life: duckdb.DuckDBPyConnection) -> None:
    assert 0.05 < share(life, "coupon_code is not null", "from orders") < 0.25


@pytest.mark.parametrize("name", ["Onboarding Completed", "Feature Used"])
def test_some_beginners_are_on_board_within_thirty_days(
    life: duckdb.DuckDBPyConnection, name: str
) -> None:
    beginners = f"""
        with purchases as (
            select customer_id, cast(created_at as date) as bought_on from orders
            union all
            select user_id, occurred_on from events where event_name = 'Subscription Started'
        )
        select
            customer_id,
            exists (
                from events
                where
                    event_name = '{name}' and user_id = customer_id
                    and occurred_on <= min(bought_on) + 30
            ) as is_on_board
        from purchases
        where customer_id is not null
        group by customer_id
    """
    assert count(life, beginners) > 300
    assert 0.15 < share(life, "is_on_board", beginners) < 0.85


def test_some_leads_buy_within_ninety_days_and_others_never(
    life: duckdb.DuckDBPyConnection,
) -> None:
    leads = """
        select
            customers.customer_id,
            min(orders.created_at) - customers.created_at as wait
        from customers
        left join orders using (customer_id)
        where customers.created_at < '2026-03-01' and length(customers.customer_id) = 8
        group by customers.customer_id, customers.created_at
    """
    assert count(life, leads) > 300
    assert 0.3 < share(life, "wait between interval 1 hour and interval 90 days", leads) < 0.9
    assert 0.05 < share(life, "wait is null", leads) < 0.4
    strangers = (
        "select anonymous_id from events where event_name = 'Newsletter Subscribed' "
        "and anonymous_id not in (select anonymous_id from events where user_id like 'c%' "
        "and anonymous_id is not null)"
    )
    assert count(life, strangers) >= 10


def test_points_are_earned_and_nobody_redeems_more(life: duckdb.DuckDBPyConnection) -> None:
    balances = """
        select
            event_name,
            sum(if(event_name = 'Points Earned', value, -value)) over (
                partition by user_id
                order by occurred_at, event_id
            ) as balance
        from events
        where event_name in ('Points Earned', 'Points Redeemed')
    """
    assert count(life, f"from ({balances}) where event_name = 'Points Redeemed'") >= 50
    assert count(life, f"from ({balances}) where balance < 0") == 0


def test_prospects_go_cold_and_a_few_look_in_again(life: duckdb.DuckDBPyConnection) -> None:
    visits = """
        select
            anonymous_id,
            occurred_on,
            occurred_on - lag(occurred_on) over (partition by anonymous_id order by occurred_at)
                as silence
        from events
        where
            anonymous_id is not null
            and actor not in (
                select coalesce(customer_id, anonymous_id) from orders
                where coalesce(customer_id, anonymous_id) is not null
            )
            and event_name not in ('Chat Answered', 'Podcast Played')
            and not starts_with(event_name, 'Social ')
    """
    assert count(life, f"from ({visits}) where silence >= 180") >= 10
    last = f"select max(occurred_on) as last_on from ({visits}) group by anonymous_id"
    assert 0.2 < share(life, "last_on <= date '2026-06-30' - 180", last) < 0.9


def test_a_channel_is_told_in_four_ways(life: duckdb.DuckDBPyConnection) -> None:
    told = """
        select
            utm_source is not null as by_columns,
            contains(page_url, '?utm_source=') as by_address,
            regexp_matches(page_url, '[?](gclid|fbclid|msclkid)=x[0-9]+$') as by_click,
            referrer is not null as by_referrer
        from events
        where utm_source is not null or contains(page_url, '?') or referrer is not null
    """
    assert count(life, told) > 3_000
    twice = "by_columns and by_address or by_columns and by_click or by_address and by_click"
    assert count(life, f"select * from ({told}) where {twice}") == 0
    assert 0.5 < share(life, "by_columns", told) < 0.8
    assert 0.1 < share(life, "by_address", told) < 0.3
    assert 0.02 < share(life, "by_click", told) < 0.2
    assert 0.02 < share(life, "not (by_columns or by_address or by_click)", told) < 0.3
    only = "not (by_columns or by_address or by_click)"
    assert count(life, f"select * from ({told}) where {only} and not by_referrer") == 0


def test_messages_are_numbered_whatever_tool_sends_them(life: duckdb.DuckDBPyConnection) -> None:
    mails = (
        "select * from events where contains(event_name, 'Email') "
        "or starts_with(event_name, 'Unsubscribed')"
    )
    keys = ("message_id", "campaign", "variant", "channel")
    for key in keys:
        assert count(life, f"select * from ({mails}) where properties ->> '{key}' is null") == 0
    delivered = f"""
        select message_id, user_id[1:8] as customer_id, occurred_at
        from ({mails}) where event_name in ('Email Delivered', 'Received Email')
    """
    assert count(life, delivered) > 1_500
    assert count(life, f"select distinct message_id from ({delivered})") == count(life, delivered)
    vain = f"""
        from ({mails}) as reaction
        anti join ({delivered}) as delivered
            on
                delivered.message_id = reaction.message_id
                and delivered.customer_id = reaction.user_id[1:8]
                and delivered.occurred_at <= reaction.occurred_at
    """
    assert count(life, vain) == 0


def test_channels_report_whom_they_reached(life: duckdb.DuckDBPyConnection) -> None:
    assert count(life, "from channel_daily where reach > 0") > DAYS
    assert count(life, "from channel_daily where reach > impressions") == 0


def test_parcels_report_what_the_orders_say(life: duckdb.DuckDBPyConnection) -> None:
    for name, column in (
        ("Order Shipped", None),
        ("Order Delivered", "delivered_at"),
        ("Order Cancelled", "cancelled_at"),
    ):
        reported = f"""
            select orders.*, occurred_at
            from events
            inner join orders using (order_id)
            where event_name = '{name}'
            qualify row_number() over (partition by event_id order by updated_at desc) = 1
        """
        assert count(life, reported) > 50
        wrong = f"{column} <> occurred_at" if column else "delivered_at <= occurred_at"
        assert count(life, f"select * from ({reported}) where {wrong}") == 0
