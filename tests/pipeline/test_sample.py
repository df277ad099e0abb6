"""The committed sample: made by the simulator, fit for a build, and true to what it claims."""

import csv
import filecmp
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

from orchestration.ingest.raw_contract import load_contract
from orchestration.ingest.run import ingest
from orchestration.rules.rule_set import read_rules
from orchestration.settings.paths import RULES_DIR, SAMPLE_DIR
from orchestration.simulator.simulate import SimulationSummary, simulate
from tests.unit.server_events import SERVER_EVENTS

# Prices are stated without tax, so there is none in them.
NOT_SIMULATED = {"taxes_included", "shipping_tax"}
OTHER_TOOLS = {
    *("Added to Cart", "Started Checkout", "Viewed Product", "Subscribed to List"),
    *("Subscribed to Email Marketing", "Unsubscribed from List", "product_view", "checkout_step"),
}
CUSTOMERS, DAYS, SEED = 400, 760, 20  # As in seeds/sample/README.md.
START = "2024-06-01"
LARGEST_SAMPLE = 2_500_000
TABLES = {
    "events": "read_parquet('{}/events/*.parquet')",
    "orders": "read_json('{}/orders.jsonl.gz')",
    "order_lines": "read_csv('{}/order_lines.csv.gz')",
    **{
        table: f"read_csv('{{}}/{table}.csv')"
        for table in (
            "refunds",
            "customers",
            "customer_merges",
            "products",
            "channel_daily",
            "exchange_rates",
            "erasure_requests",
        )
    },
}
TRUTH = ("customer_states", "customer_churn", "account_states", "subscriptions")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> SimulationSummary:
    return simulate(CUSTOMERS, DAYS, SEED, tmp_path_factory.mktemp("sample") / "shop")


@pytest.fixture(scope="module")
def sample() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for table, source in TABLES.items():
        connection.execute(f"create view {table} as select * from {source.format(SAMPLE_DIR)}")
    for table in TRUTH:
        path = SAMPLE_DIR / "_truth" / f"{table}.parquet"
        connection.execute(f"create view true_{table} as select * from read_parquet('{path}')")
    return connection


def count(sample: duckdb.DuckDBPyConnection, query: str) -> int:
    row = sample.execute(f"select count(*) from ({query})").fetchone()
    assert row is not None
    return row[0]


def files_of(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "README.md"
    )


def duckdb_of(folder: Path) -> str:
    path = folder / "_truth" / "customer_states.parquet"
    row = duckdb.sql(f"select created_by from parquet_file_metadata('{path}')").fetchone()
    assert row is not None
    return row[0]


def test_the_simulator_writes_the_committed_sample(made: SimulationSummary) -> None:
    names = files_of(made.out)
    assert names == files_of(SAMPLE_DIR)
    assert len(names) == 38
    if duckdb_of(made.out) == duckdb_of(SAMPLE_DIR):
        same, different, missing = filecmp.cmpfiles(made.out, SAMPLE_DIR, names, shallow=False)
        assert (different, missing) == ([], [])
        assert len(same) == len(names)
    # Another DuckDB may compress in another way, yet never write another row.
    for table, source in TABLES.items():
        ours, theirs = source.format(made.out), source.format(SAMPLE_DIR)
        rows = duckdb.sql(
            f"select (select count(*) from {theirs}), "
            f"(select count(*) from (from {ours} except all from {theirs})), "
            f"(select count(*) from (from {theirs} except all from {ours}))"
        ).fetchall()[0]
        # Nobody asks to be forgotten: a build would grant it.
        assert (rows[0] > 0) == (table != "erasure_requests")
        assert rows[1:] == (0, 0)


def test_the_readme_counts_the_rows(made: SimulationSummary) -> None:
    page = (SAMPLE_DIR / "README.md").read_text(encoding="utf-8")
    for table, rows in made.rows.items():
        line = next(line for line in page.splitlines() if line.startswith(f"| `{table}"))
        assert f"| {rows:,} |" in line
    command = f"--customers {CUSTOMERS} --days {DAYS} --seed {SEED}"
    assert f"lifecycle simulate {command} --out DIR" in page


SERVER_NAMES = ", ".join(f"'{name}'" for name in SERVER_EVENTS)
PLANS = "select distinct subscription_id from true_subscriptions where"
LEFT = "from true_subscriptions where why ="


@pytest.mark.parametrize(
    ("told", "queries"),
    [
        ("plans of one, three and twelve months",
         [f"{PLANS} interval_months = {months}" for months in (1, 3, 12)]),
        ("of the 114 subscribers never order anything",
         ["select distinct customer_id from true_subscriptions where customer_id not in "
          "(select customer_id from orders where customer_id is not null)"]),
        ("plans are of companies", [f"{PLANS} account_id is not null"]),
        ("people have two plans",
         ["select customer_id from true_subscriptions group by 1 "
          "having count(distinct subscription_id) > 1"]),
        ("failed payments were recovered within days",
         ["select distinct renewed.event_id from events as renewed inner join events as failed on "
          "(failed.properties ->> 'subscription_id') = (renewed.properties ->> 'subscription_id') "
          "and contains(failed.event_name, 'Payment Failed') and renewed.occurred_at between "
          "failed.occurred_at and failed.occurred_at + interval 6 days "
          "where renewed.event_name = 'Subscription Renewed'"]),
        ("times a plan was cancelled, paused, lost for want of a payment, or not renewed",
         [f"{LEFT} '{why}'" for why in ("cancelled", "paused", "payment_failed", "not_renewed")]),
        ("returns to a plan: after a pause, or late",
         ["from true_subscriptions where stretch_no = 2"]),
        ("chats started, and answers to them",
         [f"select distinct event_id from events where event_name = 'Chat {name}'"
          for name in ("Started", "Answered")]),
        ("tickets, each with a topic",
         ["select distinct event_id from events where event_name = 'Ticket Opened' "
          "and (properties ->> 'topic') is not null"]),
        ("views of help articles and FAQ",
         ["select distinct event_id from events "
          "where event_name in ('Help Article Viewed', 'FAQ Viewed')"]),
        ("orders with a coupon",
         ["select distinct order_id from orders where coupon_code is not null"]),
        ("customers who completed their onboarding",
         ["select distinct user_id from events where event_name = 'Onboarding Completed'"]),
        ("times points were redeemed",
         ["select distinct event_id from events where event_name = 'Points Redeemed'"]),
        ("events that a server, a mail tool or a support desk sent: no visits, in no session",
         [f"select distinct event_id from events where event_name in ({SERVER_NAMES}) "
          "and session_id is null"]),
        ("of these say what became of a parcel or an order, and feed nothing",
         ["select distinct event_id from events where event_name in "
          "('Order Shipped', 'Order Delivered', 'Order Cancelled')"]),
        ("devices of people without account or order that were last seen 180 days before the end "
         "or longer ago",
         [f"select anonymous_id from events where event_name not in ({SERVER_NAMES}) "
          "and anonymous_id not in (select anonymous_id from orders "
          "where anonymous_id is not null) group by anonymous_id "
          "having count(nullif(user_id, 'undefined')) = 0 "
          "and max(cast(occurred_at as date)) <= date '2026-06-30' - 180"]),
    ],
)  # fmt: skip
def test_the_readme_counts_what_is_lived_through(
    sample: duckdb.DuckDBPyConnection, told: str, queries: list[str]
) -> None:
    page = (SAMPLE_DIR / "README.md").read_text(encoding="utf-8")
    counted = ", ".join(f"{count(sample, query):,}" for query in queries)
    assert f"| {counted} | {told} |" in page.splitlines()


def test_the_sample_is_small() -> None:
    sizes = [path.stat().st_size for path in SAMPLE_DIR.rglob("*") if path.is_file()]
    assert len(sizes) > 20
    assert sum(sizes) <= LARGEST_SAMPLE


def test_ingest_takes_every_row_of_the_sample(made: SimulationSummary, tmp_path: Path) -> None:
    summary = ingest(
        SAMPLE_DIR, tmp_path / "state", run_id="r1", excluded_ids=read_rules(None).excluded_ids
    )
    assert summary.rows_read == sum(made.rows.values())
    assert summary.rows_quarantined == 0
    assert 0 < summary.rows_duplicate < 40
    assert summary.rows_read == summary.rows_loaded + summary.rows_duplicate


def test_every_default_event_name_occurs(sample: duckdb.DuckDBPyConnection) -> None:
    with (RULES_DIR / "event_signals.csv").open(encoding="utf-8", newline="") as rows:
        wanted = {row["event_name"] for row in csv.DictReader(rows) if row["signal"]}
    seen = {name for (name,) in sample.execute("select distinct event_name from events").fetchall()}
    assert len(wanted) > 50
    # The simulated shop speaks Segment and GA4, and Klaviyo of letters; these are of others.
    assert wanted - seen == OTHER_TOOLS
    assert seen - wanted >= {"Wishlist Updated", "scroll", "Order Shipped", "Order Delivered"}


def test_every_column_of_the_contract_is_filled_somewhere(
    sample: duckdb.DuckDBPyConnection,
) -> None:
    tables = load_contract().tables
    assert {table.name for table in tables} == TABLES.keys()
    for table in tables:
        names = [name for name in table.column_names if name not in NOT_SIMULATED]
        counts = ", ".join(f"count({name})" for name in names)
        filled = sample.execute(f"select {counts} from {table.name}").fetchone()
        assert filled is not None
        empty = [name for name, rows in zip(names, filled, strict=True) if rows == 0]
        assert empty == ([] if table.name != "erasure_requests" else names), table.name
        described = sample.execute(f"describe {table.name}").fetchall()
        assert {column[0] for column in described} == set(names)


def test_orders_come_in_three_currencies_with_a_rate_for_every_day(
    sample: duckdb.DuckDBPyConnection,
) -> None:
    currencies = sample.execute(
        "select currency, count(*) from orders group by currency order by currency"
    ).fetchall()
    assert [currency for currency, _ in currencies] == ["EUR", "GBP", "USD"]
    assert min(rows for _, rows in currencies) > 100
    foreign = (
        "select currency, cast(created_at as date) as date from orders where currency <> 'EUR'"
    )
    assert count(sample, foreign) > 500
    assert (
        count(sample, f"select * from ({foreign}) anti join exchange_rates using (currency, date)")
        == 0
    )
    assert count(sample, "select * from exchange_rates where rate not between 0.5 and 2") == 0


def test_every_status_and_source_of_an_order_occurs(sample: duckdb.DuckDBPyConnection) -> None:
    column = load_contract().table("orders").column("status")
    statuses = {row[0] for row in sample.execute("select distinct status from orders").fetchall()}
    assert statuses == set(column.accepted_values)
    for condition in (
        "is_test",
        "is_deleted",
        "status = 'cancelled' and cancelled_at is null",
        "delivered_at > promised_at",
        "delivered_at > created_at + interval 14 days",
        "customer_id is null and anonymous_id is not null",
        "customer_id is null and anonymous_id is null",
    ):
        assert count(sample, f"select * from orders where {condition}") > 0, condition


@pytest.mark.parametrize(
    ("orphans", "allowed"),
    [
        ("select * from order_lines anti join orders using (order_id)", 0),
        ("select * from orders anti join order_lines using (order_id)", 0),
        ("select * from order_lines anti join products using (product_id)", 0),
        ("select * from refunds anti join orders using (order_id)", 2),
        ("select * from orders where customer_id is not null "
         "and customer_id not in (select customer_id from customers)", 0),
        ("select * from events where user_id <> 'undefined' "
         "and user_id not in (select customer_id from customers)", 0),
        ("select * from events where order_id is not null "
         "and order_id not in (select order_id from orders)", 0),
        ("select * from events where product_id is not null "
         "and product_id not in (select product_id from products)", 0),
        ("select * from customer_merges where from_customer_id not in "
         "(select customer_id from customers) or into_customer_id not in "
         "(select customer_id from customers)", 0),
        ("select * from erasure_requests anti join customers using (customer_id)", 0),
        ("select * from orders where cart_id is not null "
         "and cart_id not in (select cart_id from events where cart_id is not null)", 0),
        ("select * from orders where subscription_id is not null and subscription_id not in "
         "(select properties ->> 'subscription_id' from events where event_name = "
         "'Subscription Started')", 0),
        ("select * from events where event_name = 'Referral Converted' and "
         "(properties ->> 'referred_customer_id') not in (select customer_id from orders "
         "where referral_code is not null)", 0),
    ],
)  # fmt: skip
def test_rows_point_at_rows_that_exist(
    sample: duckdb.DuckDBPyConnection, orphans: str, allowed: int
) -> None:
    assert count(sample, orphans) == allowed


def test_the_money_of_an_order_adds_up(sample: duckdb.DuckDBPyConnection) -> None:
    wrong = """
        select orders.order_id
        from orders
        inner join order_lines using (order_id)
        group by
            orders.order_id, orders.updated_at, subtotal_price, total_discounts, total_shipping,
            total_tax, total_price
        having
            abs(any_value(subtotal_price) - sum(quantity * unit_price) / count(*)
                * count(distinct line_number)) > 0.001
            or abs(total_price - subtotal_price + total_discounts - total_shipping - total_tax)
            > 0.001
    """
    assert count(sample, "from orders") > 3_000
    assert count(sample, wrong) == 0
    too_much = """
        select order_id
        from (select distinct order_id, total_price from orders)
        inner join refunds using (order_id)
        group by order_id, total_price
        having sum(amount) > total_price + 0.001
    """
    assert count(sample, too_much) == 0


def test_what_is_bought_was_put_into_the_cart(sample: duckdb.DuckDBPyConnection) -> None:
    carts = """
        select cart_id, sum(value * quantity) as value
        from (select distinct * exclude (received_at, occurred_at) from events)
        where event_name in ('Product Added', 'add_to_cart') and cart_id is not null
        group by cart_id
    """
    ordered = """
        select cart_id, subtotal_price
        from (select distinct cart_id, subtotal_price from orders where cart_id is not null)
    """
    both = f"select * from ({carts}) inner join ({ordered}) using (cart_id)"
    assert count(sample, both) > 1_500
    # A product that came to market between a cart and its payment may replace another one.
    assert count(sample, f"{both} where abs(value - subtotal_price) > 0.001") < 5
    assert count(sample, f"select * from ({carts}) anti join ({ordered}) using (cart_id)") > 200


def test_nothing_is_dated_outside_of_the_simulated_days(sample: duckdb.DuckDBPyConnection) -> None:
    for table, column in (
        ("events", "occurred_at"),
        ("orders", "created_at"),
        ("orders", "updated_at"),
        ("orders", "delivered_at"),
        ("orders", "cancelled_at"),
        ("refunds", "created_at"),
        ("customers", "updated_at"),
        ("customer_merges", "merged_at"),
        ("channel_daily", "date"),
    ):
        first, last = sample.execute(
            f"select min(cast({column} as date)), max(cast({column} as date)) from {table}"
        ).fetchall()[0]
        assert START <= first.isoformat() <= last.isoformat() <= "2026-06-30", table
    assert count(sample, "select * from events where received_at < occurred_at") == 0
    assert count(sample, "select * from orders where delivered_at < created_at") == 0
    assert (
        count(sample, "select * from events where received_at > occurred_at + interval 1 day") > 50
    )


def test_identity_has_its_usual_troubles(sample: duckdb.DuckDBPyConnection) -> None:
    per_device = """
        select anonymous_id, count(distinct user_id) as users
        from events
        where anonymous_id is not null and user_id <> 'undefined'
        group by anonymous_id
    """
    per_customer = """
        select user_id, count(distinct anonymous_id) as devices
        from events
        where anonymous_id is not null
        group by user_id
    """
    before = """
        select first.anonymous_id
        from events as first
        inner join events as later using (anonymous_id)
        where first.user_id is null and later.user_id is not null
            and first.occurred_at < later.occurred_at
        group by first.anonymous_id
    """
    never = "select anonymous_id from events group by 1 having count(user_id) = 0"
    assert count(sample, f"select * from ({per_device}) where users > 1") > 20
    assert count(sample, f"select * from ({per_customer}) where devices > 1") > 100
    assert count(sample, before) > 200
    assert count(sample, never) > 300
    chained = (
        "select * from customer_merges as a inner join customer_merges as b "
        "on a.into_customer_id = b.from_customer_id"
    )
    assert count(sample, chained) > 0


def test_a_little_dirt_lies_about(sample: duckdb.DuckDBPyConnection) -> None:
    repeated = (
        "select event_id, count(*) as n, count(distinct occurred_at) as contents "
        "from events group by event_id having count(*) > 1"
    )
    assert 0 < count(sample, f"select * from ({repeated}) where contents = 1") < 40
    assert 0 < count(sample, f"select * from ({repeated}) where contents > 1") < 40
    assert 0 < count(sample, "select * from events where user_id = 'undefined'") < 200
    superseded = "select order_id from orders group by 1 having count(distinct updated_at) > 1"
    assert 0 < count(sample, superseded) < 200


def test_the_truth_covers_every_customer_and_day_once(sample: duckdb.DuckDBPyConnection) -> None:
    for table, key, least in (
        ("true_customer_states", "customer_id", 400),
        ("true_account_states", "account_id", 10),
    ):
        states = sample.execute(
            f"select {key}, valid_from, valid_to, state from {table} order by 1, 2"
        ).fetchall()
        by_subject: dict[str, list[tuple[str, str, str]]] = {}
        for subject, valid_from, valid_to, state in states:
            by_subject.setdefault(subject, []).append(
                (valid_from.isoformat(), valid_to.isoformat(), state)
            )
        assert len(by_subject) >= least
        for stretches in by_subject.values():
            assert stretches[0][0] == START
            assert stretches[-1][1] == "2026-07-01"
            assert all(valid_from < valid_to for valid_from, valid_to, _ in stretches)
            for before, after in pairwise(stretches):
                assert before[1] == after[0]
                assert before[2] != after[2]


def test_every_latent_stage_is_lived_through(sample: duckdb.DuckDBPyConnection) -> None:
    lived = sample.execute(
        "select state, count(distinct customer_id) from true_customer_states group by 1"
    ).fetchall()
    assert {state for state, _ in lived} == {
        "unaware", "exploring", "buying", "loyal", "advocating", "drifting", "gone", "coming_back",
    }  # fmt: skip
    assert min(customers for _, customers in lived) >= 15


def test_the_truth_of_plans_names_customers_and_plans_that_exist(
    sample: duckdb.DuckDBPyConnection,
) -> None:
    told = "select distinct properties ->> 'subscription_id' as subscription_id from events"
    plans = f"select * from ({told}) where subscription_id is not null"
    assert count(sample, "select distinct subscription_id from true_subscriptions") > 80
    for missing in (
        "true_subscriptions anti join customers using (customer_id)",
        f"true_subscriptions anti join ({plans}) using (subscription_id)",
        f"({plans}) anti join true_subscriptions using (subscription_id)",
    ):
        assert count(sample, f"from {missing}") == 0, missing
    lived = "select distinct interval_months, why from true_subscriptions"
    for stretch in (
        "why = 'cancelled'", "why = 'paused'", "why = 'payment_failed'", "why = 'not_renewed'",
        "interval_months = 1", "interval_months = 3", "interval_months = 12",
    ):  # fmt: skip
        assert count(sample, f"from ({lived}) where {stretch}") > 0, stretch


def test_nobody_orders_after_the_true_churn_and_before_the_return(
    sample: duckdb.DuckDBPyConnection,
) -> None:
    # Orders of second accounts count for the customer they were merged into.
    placed = """
        select substr(customer_id, 1, 8) as customer_id, cast(created_at as date) as ordered_on
        from orders
        where customer_id is not null
    """
    away = f"""
        select *
        from ({placed}) as placed
        inner join true_customer_churn as churn using (customer_id)
        where ordered_on >= drifting_on and (returned_on is null or ordered_on < returned_on)
    """
    assert count(sample, "from true_customer_churn") > 150
    assert count(sample, "select * from true_customer_churn where returned_on is not null") > 10
    assert count(sample, away) == 0
    assert count(sample, "select * from true_customer_churn where churned_on < drifting_on") == 0
