"""Laws of the marts hold where a rate is missing: what is unknown breaks none of them.

What belongs here: data tests that add up money, run as they stand on a few rows. What does not:
that they can fail (tests/faults), and what the models make of a missing rate (tests/pipeline).
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import jinja2
import pytest

LAWS = Path(__file__).resolve().parents[2] / "tests" / "data"
SCORES = "5 as recency_score, 1 as frequency_score, null::integer as monetary_score"
TABLES = f"""
create table orders as
select
    'customer:c1' as subject_id, order_id, date '2026-01-01' as ordered_on, true as is_booked,
    order_id = 'o1' as is_first_order, 2.0 as units, null::varchar as coupon_code,
    revenue::decimal(18, 4) as gross_revenue, revenue::decimal(18, 4) as net_revenue,
    7::decimal(18, 4) as product_cost
from (values ('o1', 10), ('o2', null)) as stated (order_id, revenue);
create table customers as
select
    'customer:c1' as subject_id, 2 as orders, 1 as order_days, date '2026-01-01' as first_order_on,
    date '2026-01-01' as last_order_on, 'o1' as first_order_id, 4.0 as units,
    null::decimal(18, 4) as average_order_value, null::decimal(18, 4) as margin,
    0.0 as coupon_order_share, {SCORES};
create table int_settings as select date '2026-01-31' as as_of_date;
create table rfm_segments_by_date as
select date '2026-01-31' as as_of_date, 'customer:c1' as subject_id, {SCORES};
"""


def breaches(law: str, change: str = "") -> int:
    """How many rows the law finds in a shop of two costed orders, one without a rate."""
    text = (LAWS / law).read_text(encoding="utf-8")
    sql = jinja2.Template(text).render(ref=lambda name: name, config=lambda **_: "")  # pyright: ignore[reportUnknownLambdaType]
    with duckdb.connect() as shop:
        shop.execute(TABLES + change)
        return len(shop.execute(sql).fetchall())


@pytest.mark.parametrize(
    ("change", "found"),
    [("", 0), ("update customers set margin = 1", 1), ("update customers set units = 3", 1)],
)
def test_a_costed_order_without_a_rate_leaves_the_margin_unknown(change: str, found: int) -> None:
    assert breaches("customers/customers_add_up_to_their_orders.sql", change) == found
