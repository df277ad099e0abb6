"""A shop that knows little says so: nulls and a reason, never a zero, never a check that is broken.

Belongs here: orders of fifty customers and nothing else – no line, no subscription, no visit – over
two years, and in their first month. Does not belong here: models of value by themselves
(test_customer_value).
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from orchestration.settings.paths import StateDir
from tests.pipeline.ingest_kit import NO_EVENTS, make_shop
from tests.pipeline.models_kit import CompiledModels

CUSTOMERS = 50
FIRST = datetime(2024, 3, 1, 9)
# What has to be null everywhere, and what says why.
UNKNOWN = {
    "marts.customer_value": ("probability_alive", "expected_orders_365d", "contract_value_365d"),
    "marts.orders": ("units", "product_cost"),
    "marts.customers": ("monthly_amount", "renews_on", "favourite_category", "last_visit_on"),
}
EMPTY = ("product_affinity", "next_best_product", "subscriptions", "order_lines")
KPIS = ("mrr", "units_per_order", "visitors", "nps", "gross_mrr_churn_rate")


def orders(days: int) -> str:
    """Orders of all customers, by chance, the same ones in every run."""
    dice = random.Random(days)
    rows = [
        f"o{customer}-{number},c{customer},{FIRST + timedelta(days=dice.randrange(days))},"
        f"paid,EUR,{dice.randint(10, 90)}"
        for customer in range(CUSTOMERS)
        for number in range(dice.choice((1, 1, 2, 3)))
    ]
    return "\n".join(["order_id,customer_id,created_at,status,currency,total_price", *rows, ""])


@pytest.mark.slow
@pytest.mark.parametrize("days", [730, 20])
def test_a_shop_of_fifty_customers_and_orders_alone_invents_nothing(
    sample_state: StateDir, tmp_path: Path, days: int
) -> None:
    raw_database = landed(tmp_path, days)
    answers = iter(CompiledModels(sample_state).answers(raw_database, QUERIES))
    for mart in UNKNOWN:
        ((rows, *known),) = next(answers)
        assert rows >= CUSTOMERS, mart
        assert not any(known), mart
    for mart in EMPTY:
        assert next(answers) == [(0,)], mart
    assert next(answers) == [("too few customers have ordered on three days",)]
    assert next(answers) == [("no_input", None)]
    assert next(answers)[0] in {("none",), ("stage",)}


@pytest.mark.slow
def test_a_shop_of_fifty_customers_and_orders_alone_breaks_no_law(
    sample_state: StateDir, tmp_path: Path
) -> None:
    assert CompiledModels(sample_state).broken_laws(landed(tmp_path, 20)) == []


def landed(folder: Path, days: int) -> Path:
    """Land the orders of so many days, and of other rows none."""
    shop = make_shop(folder, {"orders.csv": orders(days), "events.csv": NO_EVENTS})
    shop.ingest(loaded_at=FIRST + timedelta(days=days))
    return shop.state_dir / "raw.duckdb"


def _counts(columns: tuple[str, ...]) -> str:
    return ", ".join(f"count({column})" for column in columns)


QUERIES = (
    *(f"select count(*), {_counts(columns)} from {mart}" for mart, columns in UNKNOWN.items()),
    *(f"select count(*) from marts.{mart}" for mart in EMPTY),
    "select reason from marts.recommended_health_policy",
    f"select distinct status, value from marts.kpi_values where kpi in {KPIS}",
    "select distinct model from marts.customer_value order by all",
)
