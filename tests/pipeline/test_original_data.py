"""Public data as it was published: `lifecycle init` and what follows, against plain Python.

Belongs here: the marts and laws of each data set, and its figures recomputed from the files; one is
built and published, as the tutorial says, of the others the models are made without dbt. Does not
belong here: the layouts' finer points (test_adapters). The files lie outside the repository
(`shared/data/original`), so a checkout without them skips.
"""

from __future__ import annotations

import csv
import gzip
import json
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.ingest.run import ingest
from orchestration.settings.paths import REPO_ROOT, StateDir
from tests.conftest import run_lifecycle
from tests.docs_kit import blocks
from tests.pipeline.ingest_kit import Shop
from tests.pipeline.models_kit import CompiledModels, in_currency

ORIGINAL = REPO_ROOT.parent / "shared" / "data" / "original"
SHOPIFY = ORIGINAL / "fivetran_shopify_seeds"
STRIPE = ORIGINAL / "fivetran_stripe_seeds"
SNOWPLOW = ORIGINAL / "snowplow_ecommerce"
JAFFLE = ORIGINAL / "dbt_product_analytics_seeds"
ECOM = ORIGINAL / "retentioneering_ecom" / "ecom.csv.gz"
RETAIL = ORIGINAL / "uci_online_retail.parquet"
# Thirteen months would take minutes; two weeks have every kind of line.
RETAIL_UNTIL = "2010-12-15"
# What the other currency of a shop was worth in the reporting one; those are not in the data.
GBP_IN_USD = Decimal("1.3")
USD_IN_EUR = Decimal("0.9")
CENT = Decimal("0.0001")

pytestmark = [
    pytest.mark.skipif(not ORIGINAL.is_dir(), reason=f"{ORIGINAL} is not on this machine"),
    pytest.mark.slow,
]
Row = Mapping[str, str]


@dataclass(frozen=True)
class Made:
    """A data set that `init` has recognised, and its marts."""

    shop: Shop
    connection: duckdb.DuckDBPyConnection

    def raw(self, query: str) -> list[tuple[Any, ...]]:
        return self.shop.rows(query)

    def marts(self, query: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(query).fetchall()


@dataclass(frozen=True)
class Figures:
    """What both sides say of a shop, in the reporting currency."""

    orders: int = 0
    buyers: int = 0
    revenue: Decimal = Decimal(0)
    refunded: Decimal = Decimal(0)
    sessions: int = 0
    unbooked: Mapping[str, int] = field(default_factory=dict)


@pytest.fixture
def project(sample_state: StateDir, tmp_path: Path) -> Iterator[Callable[..., Made]]:
    """Do as the README says in a project directory, without a line of SQL; no law is broken."""
    models = CompiledModels(sample_state)
    with ExitStack() as opened:

        def make(currency: str, *files: Path, **written: str) -> Made:
            shop = Shop(tmp_path / "landing", tmp_path / "var")
            shop.raw_dir.mkdir(parents=True)
            for path in files:
                shutil.copy(path, shop.raw_dir)
            shop.land({f"{name}.csv": text for name, text in written.items()})
            in_landing = ("--raw-dir", "landing", "--currency", currency)
            for command in (("init", *in_landing), ("ingest",)):
                done = run_lifecycle(*command, cwd=tmp_path)
                assert done.returncode == 0, done.stdout + done.stderr
            raw_database = StateDir.at(shop.state_dir).raw_database
            made = models.made(raw_database, models.names, in_currency(currency))
            connection = opened.enter_context(made)
            assert models.broken(connection) == []
            return Made(shop, connection)

        yield make


def told(made: Made) -> Figures:
    """The figures of the marts."""
    ((orders, buyers),) = made.marts(
        "select sum(orders)::int, count(*) filter (where orders > 0) from marts.subjects "
        "where subject_type = 'person'"
    )
    money = dict(
        made.marts(
            "select kpi, sum(value) from marts.kpi_values where dimension = 'all' "
            "and period_grain = 'year' and kpi in ('gross_revenue', 'refunded_amount') group by kpi"
        )
    )
    ((sessions,),) = made.marts("select count(*) from marts.sessions")
    ((reasons,),) = made.marts(
        "select filtered_reasons from marts.row_accounting where scope = 'orders'"
    )
    pairs = [reason.split(": ") for reason in reasons.split(", ")] if reasons else []
    return Figures(
        orders,
        buyers,
        Decimal(money.get("gross_revenue") or 0),
        Decimal(money.get("refunded_amount") or 0),
        sessions,
        {reason: int(count) for reason, count in pairs},
    )


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as source:
        return [
            {key: value.strip() for key, value in row.items()} for row in csv.DictReader(source)
        ]


def without_tax(total: Decimal, tax: Decimal, shipping: Decimal, *, included: bool) -> Decimal:
    """An order's value: less tax, less shipping, which holds its share of the tax if it says so."""
    share = 1 - tax / total if included else Decimal(1)
    return (total - tax - shipping * share).quantize(CENT, ROUND_HALF_UP)


def shopify_files(prefix: str) -> dict[str, Path]:
    names = (
        "order", "order_line", "refund", "transaction", "customer", "product",
        "discount_allocation",
    )  # fmt: skip
    return {name: SHOPIFY / f"{prefix}_{name}_data.csv" for name in names}


def check_shopify(made: Made, files: Mapping[str, Path], total: str, expected: Figures) -> None:
    orders = rows_of(files["order"])
    assert made.raw("select count(*), sum(total_price) from raw.orders") == [
        (len(orders), sum(Decimal(row[total]) for row in orders))
    ]
    customers = {row["id"] for row in rows_of(files["customer"])}
    assert {row[0] for row in made.raw("select customer_id from raw.customers")} == customers
    lines = len(rows_of(files["order_line"]))
    assert made.raw("select count(*) from raw.order_lines") == [(lines,)]
    assert told(made) == expected


def shopify_expected() -> Figures:
    orders = rows_of(shopify_files("shopify")["order"])
    revenue = Decimal(0)
    for row in orders:
        value = without_tax(
            Decimal(row["total_price"]), Decimal(row["total_tax"]), Decimal(0), included=True
        )
        revenue += value * (GBP_IN_USD if row["currency"] == "GBP" else 1)
    # Their refunds' money lies in transactions, of which none is a refund.
    return Figures(len(orders), len({row["customer_id"] for row in orders}), revenue)


def test_fivetran_shopify(project: Callable[..., Made]) -> None:
    files = shopify_files("shopify")
    rates = f"date,currency,rate\n2019-01-01,GBP,{GBP_IN_USD}\n"
    made = project("USD", *files.values(), exchange_rates=rates)
    check_shopify(made, files, "total_price", shopify_expected())


def shopify_gql_expected() -> Figures:
    booked: list[Row] = []
    unbooked: defaultdict[str, int] = defaultdict(int)
    for row in rows_of(shopify_files("shopify_gql")["order"]):
        reasons = {
            "test": row["test"] == "TRUE",
            "deleted": row["_fivetran_deleted"] == "TRUE",
            "zero_value": Decimal(row["total_price_set_shop_amount"]) == 0,
            "cancelled": row["cancelled_at"] != "",
        }
        reason = next((name for name, holds in reasons.items() if holds), None)
        if reason is None:
            booked.append(row)
        else:
            unbooked[reason] += 1
    revenue = sum(
        (
            without_tax(
                Decimal(row["total_price_set_shop_amount"]),
                Decimal(row["total_tax_set_shop_amount"]),
                Decimal(row["total_shipping_price_set_shop_amount"]),
                included=row["taxes_included"] == "TRUE",
            )
            for row in booked
        ),
        Decimal(0),
    )
    buyers = len({row["customer_id"] for row in booked})
    return Figures(len(booked), buyers, revenue, unbooked=dict(unbooked))


def test_fivetran_shopify_of_the_graphql_generation(project: Callable[..., Made]) -> None:
    files = shopify_files("shopify_gql")
    made = project("USD", *files.values())
    check_shopify(made, files, "total_price_set_shop_amount", shopify_gql_expected())
    refunds = rows_of(files["refund"])
    assert made.raw("select sum(amount) from raw.refunds") == [
        (sum(Decimal(row["total_refunded_set_shop_amount"]) for row in refunds),)
    ]


def stripe_expected() -> Figures:
    paid = [row for row in rows_of(STRIPE / "invoice_data.csv") if int(row["amount_paid"]) > 0]
    failed = len({row["id"] for row in rows_of(STRIPE / "charge_data.csv")})
    trials = {
        row["id"] for row in rows_of(STRIPE / "subscription_history_data.csv") if row["trial_start"]
    }
    return Figures(
        orders=len(paid),
        buyers=len({row["customer_id"] for row in paid}),
        revenue=sum(
            (Decimal(int(row["amount_paid"]) - int(row["tax"] or 0)) / 100 for row in paid),
            Decimal(0),
        ),
        # Whoever starts a trial is there; nothing else of Stripe's is a visit.
        sessions=len(trials),
        unbooked={"failed": failed},
    )


def test_fivetran_stripe(project: Callable[..., Made]) -> None:
    names = (
        "charge", "invoice", "invoice_line_item", "refund", "dispute", "customer", "price",
        "subscription_history",
    )  # fmt: skip
    made = project("USD", *(STRIPE / f"{name}_data.csv" for name in names))
    assert told(made) == stripe_expected()
    charges = rows_of(STRIPE / "charge_data.csv")
    failed = {row["id"]: Decimal(row["amount"]) / 100 for row in charges}
    assert len(failed) == 16
    assert failed == dict(
        made.raw("select order_id, total_price from raw.orders where status = 'failed'")
    )
    given_back = [
        Decimal(row["amount"]) / 100
        for name, status in (("refund", "succeeded"), ("dispute", "lost"))
        for row in rows_of(STRIPE / f"{name}_data.csv")
        if row["status"] == status
    ]
    assert made.raw("select sum(amount) from raw.refunds") == [(sum(given_back),)]
    customers = {row["id"] for row in rows_of(STRIPE / "customer_data.csv")}
    assert {row[0] for row in made.raw("select customer_id from raw.customers")} == customers


SNOWPLOW_EVENTS = SNOWPLOW / "source" / "snowplow_ecommerce_events.csv"


def snowplow_sales() -> dict[str, tuple[Decimal, Decimal]]:
    """Revenue as it is stated, and its value in euro less tax and shipping, by transaction."""
    action = (
        "unstruct_event_com_snowplowanalytics_snowplow_ecommerce_snowplow_ecommerce_action_1_0_0"
    )
    context = "contexts_com_snowplowanalytics_snowplow_ecommerce_transaction_1_0_0"
    sales: dict[str, tuple[Decimal, Decimal]] = {}
    for row in rows_of(SNOWPLOW_EVENTS):
        if json.loads(row[action] or "{}").get("type") != "transaction":
            continue
        for sale in json.loads(row[context] or "[]"):
            revenue = Decimal(sale["revenue"])
            value = revenue - Decimal(sale.get("tax") or 0) - Decimal(sale.get("shipping") or 0)
            rate = USD_IN_EUR if sale["currency"] == "USD" else 1
            sales[sale["transaction_id"]] = (revenue, value * rate)
    return sales


def test_snowplow(project: Callable[..., Made]) -> None:
    rates = f"date,currency,rate\n2020-01-01,USD,{USD_IN_EUR}\n2020-01-01,GBP,1.1\n"
    made = project("EUR", SNOWPLOW_EVENTS, exchange_rates=rates)
    events, sales = rows_of(SNOWPLOW_EVENTS), snowplow_sales()
    assert made.raw("select count(*), count(distinct event_id) from raw.events") == [
        (len(events), len(events))
    ]
    assert dict(made.raw("select order_id, total_price from raw.orders")) == {
        order: revenue for order, (revenue, _) in sales.items()
    }
    found = told(made)
    assert (found.orders, found.revenue, found.refunded) == (
        len(sales),
        sum(value for _, value in sales.values()),
        0,
    )
    # What the package itself makes of the same events.
    expected = SNOWPLOW / "expected"
    counted = rows_of(expected / "snowplow_ecommerce_transaction_interactions_expected.csv")
    assert {row["transaction_id"] for row in counted} == set(sales)
    assert sum(Decimal(row["transaction_revenue"]) for row in counted) == sum(
        revenue for revenue, _ in sales.values()
    )
    sessions = rows_of(expected / "snowplow_ecommerce_sessions_expected.csv")
    ids = {row["domain_sessionid"] for row in sessions} - {""}
    # It leaves out one session of the source; the mobile one has its id in a context.
    assert len(ids) == 63
    assert found.sessions == 64
    assert ids < {row[0] for row in made.raw("select distinct session_id from raw.events")}


def test_snowplow_contexts_in_tables_tell_what_columns_tell(tmp_path: Path) -> None:
    events = rows_of(SNOWPLOW_EVENTS)
    contexts = sorted(SNOWPLOW_EVENTS.parent.glob("com_*.csv"))
    # The table of web pages names a column twice; nothing is read from it.
    tables = [path for path in contexts if "web_page" not in path.name]
    assert len(tables) > 5

    told: list[list[list[tuple[Any, ...]]]] = []
    for name, beside in (("columns", []), ("tables", tables)):
        landing = tmp_path / name / "landing"
        landing.mkdir(parents=True)
        left_out = ("contexts_", "unstruct_") if beside else ()
        kept = [column for column in events[0] if not column.startswith(left_out)]
        with (landing / "events.csv").open("w", encoding="utf-8", newline="") as target:
            writer = csv.DictWriter(target, kept, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(events)
        for path in beside:
            shutil.copyfile(path, landing / path.name)
        state = StateDir.at(tmp_path / name / "state")
        ingest(landing, state.root, run_id="r", excluded_ids=())
        with duckdb.connect() as connection:
            connection.execute(f"attach '{state.raw_database}' as state (read_only)")
            connection.execute("use state")
            # One event of the source has no row in any table of contexts.
            found = "select {} from raw.{} where event_id not like '611b0eeb%' order by all"
            sold = "select {} from raw.{} order by all"
            told.append(
                [
                    connection.execute(query.format(columns, table)).fetchall()
                    for query, table, columns in (
                        (found, "events", "event_id, event_name, user_id, session_id, value"),
                        (sold, "orders", "order_id, customer_id, total_price, total_tax, currency"),
                        (sold, "order_lines", "order_id, line_number, product_id, unit_price"),
                    )
                ]
            )

    assert told[0] == told[1]
    assert [len(rows) for rows in told[1]] == [len(events) - 1, 14, 17]


def retentioneering_expected() -> tuple[int, int, int]:
    with gzip.open(ECOM, "rt", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    return (
        len(rows),
        len({row["user_id"] for row in rows}),
        len({row["session_id"] for row in rows}),
    )


def test_retentioneering_gets_an_event_id_by_itself(project: Callable[..., Made]) -> None:
    made = project("EUR", ECOM)
    events, persons, sessions = retentioneering_expected()
    assert made.raw("select count(*), count(distinct event_id) from raw.events") == [
        (events, events)
    ]
    assert made.marts("select count(*) from marts.subjects") == [(persons,)]
    assert told(made) == Figures(sessions=sessions)


def retail_expected(file: Path) -> tuple[Figures, int, int]:
    """Figures, lines that are sales, and lines in all."""
    with duckdb.connect() as connection:
        rows: list[tuple[Any, ...]] = connection.execute(
            "select InvoiceNo, CustomerID, Quantity, UnitPrice::varchar from read_parquet(?)",
            [str(file)],
        ).fetchall()
    totals: defaultdict[str, Decimal] = defaultdict(Decimal)
    buyer_of: dict[str, str] = {}
    sales = [row for row in rows if row[2] > 0 and Decimal(row[3]) >= 0]
    for invoice, customer, quantity, price in sales:
        totals[invoice] += quantity * Decimal(price)
        buyer_of[invoice] = invoice if customer is None else str(int(customer))
    booked = {invoice: total for invoice, total in totals.items() if total > 0}
    free = len(totals) - len(booked)
    figures = Figures(
        orders=len(booked),
        # An invoice without a customer is a buyer of its own.
        buyers=len({buyer_of[invoice] for invoice in booked}),
        revenue=sum(booked.values(), Decimal(0)),
        unbooked={"zero_value": free} if free else {},
    )
    return figures, len(sales), len(rows)


def follow_the_tutorial(folder: Path) -> StateDir:
    """Type what the tutorial types, beside `landing`."""
    tutorial = [block for block in blocks("sh") if block.page.endswith("/tutorial.md")]
    commands = [line for block in tutorial for line in block.text.splitlines()]
    assert [command.split()[:2] for command in commands] == [
        ["lifecycle", "init"],
        ["lifecycle", "check"],
        ["lifecycle", "build"],
    ]
    for command in commands:
        done = run_lifecycle(*command.split()[1:], cwd=folder)
        assert done.returncode == 0, done.stdout + done.stderr
    return StateDir.at(folder / "var")


def test_uci_online_retail_by_the_tutorial(tmp_path: Path) -> None:
    file = tmp_path / "online_retail.parquet"
    (tmp_path / "landing").mkdir()
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (select * from read_parquet('{RETAIL}') "
            f"where InvoiceDate < timestamp '{RETAIL_UNTIL}') to '{file}' (format parquet)"
        )
        # As pandas writes the spreadsheet: customers as floats, for some are missing.
        connection.execute(
            f"copy (select * replace (cast(CustomerID as double) as CustomerID) from '{file}') "
            f"to '{tmp_path / 'landing' / 'online_retail.csv'}' (header)"
        )
    state = follow_the_tutorial(tmp_path)
    figures, sales, lines = retail_expected(file)
    assert figures.orders > 500
    with duckdb.connect(str(state.published_database), read_only=True) as published:
        made = Made(Shop(tmp_path / "landing", state.root), published)
        assert made.raw("select count(*) from raw.order_lines") == [(sales,)]
        assert made.raw("select sum(rows)::int from raw.set_aside") == [(lines - sales,)]
        assert told(made) == figures
        queries = [block.text for block in blocks("sql") if block.page.endswith("/tutorial.md")]
        assert len(queries) >= 4
        assert made.marts(queries[0])
        for query in queries:
            made.marts(query)


def test_the_tutorial_counts_what_the_whole_file_holds() -> None:
    with duckdb.connect() as connection:
        (counted,) = connection.execute(
            f"""
            with lines as (
                select *, Quantity > 0 and UnitPrice >= 0 as is_sale from read_parquet('{RETAIL}')
            ),
            invoices as (
                select InvoiceNo, CustomerID, sum(Quantity * UnitPrice::decimal(18, 3)) as total
                from lines where is_sale group by all
            )
            select
                (select count(*) from invoices) as orders,
                (select count(*) from lines where is_sale) as lines,
                (select count(distinct StockCode) from lines where is_sale and Description <> '')
                    as products,
                (select count(*) from lines where not is_sale) as set_aside,
                (select count(*) from invoices where total = 0) as worthless,
                (select count(distinct CustomerID) from invoices where total > 0) as customers,
                (select count(*) from invoices where total > 0 and CustomerID is null) as guests
            """
        ).fetchall()
    orders, lines, products, set_aside, worthless, customers, guests = counted
    page = (REPO_ROOT / "dbt_project" / "docs" / "tutorial.md").read_text(encoding="utf-8")
    told = " ".join(page.split())
    marts = len(list((REPO_ROOT / "dbt_project" / "models" / "marts").glob("*/*.sql")))
    for sentence in (
        f"has the marts, {marts} of them",
        f"{orders:,} orders, {lines:,} lines, {products:,} products",
        f"It sets {set_aside:,} lines aside",
        f"{worthless:,} orders are worth nothing",
        f"{customers + guests:,} persons: {customers:,} customers, and {guests:,} invoices",
    ):
        assert sentence in told, sentence


def jaffle_expected() -> Figures:
    totals: defaultdict[str, Decimal] = defaultdict(Decimal)
    for payment in rows_of(JAFFLE / "raw_payments.csv"):
        totals[payment["order_id"]] += Decimal(payment["amount"]) / 100
    orders = rows_of(JAFFLE / "raw_orders.csv")
    booked = [row for row in orders if totals[row["id"]] > 0]
    return Figures(
        orders=len(booked),
        buyers=len({row["user_id"] for row in booked}),
        revenue=sum((totals[row["id"]] for row in booked), Decimal(0)),
        unbooked={"zero_value": len(orders) - len(booked)},
    )


def test_jaffle(project: Callable[..., Made]) -> None:
    files = [JAFFLE / f"raw_{name}.csv" for name in ("orders", "payments", "customers")]
    assert told(project("USD", *files)) == jaffle_expected()
