"""The random shops are the same in every run and rich enough to judge the KPIs by.

On them the reference keeps the laws of the page too.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest

from tests.reference.kpis import batches, topics, values
from tests.reference.kpis.batches import SHOPS
from tests.reference.kpis.shop import Shop
from tests.reference.kpis.small import RULES, SEEDS
from tests.reference.kpis.values import Value

PEOPLE = 18
# Each counted unit of these has exactly one value, and they add up.
SUMS = (
    *("sessions", "orders", "gross_revenue", "net_revenue", "refunded_amount", "review_count"),
    *("shares_count", "affiliate_revenue"),
)
ORDERS_SUMMED = ("sessions", "orders", "gross_revenue", "net_revenue", "new_customers")

Key = tuple[str, str, date]


@dataclass(frozen=True)
class Told:
    """A shop and the rows of its KPIs."""

    shop: Shop
    rows: list[Value]

    def of(self, dimension: str) -> dict[Key, list[Value]]:
        """Rows of a dimension by KPI and period, those with numbers alone."""
        found: dict[Key, list[Value]] = {}
        for row in self.rows:
            if row.dimension == dimension and row.status not in {"no_input", "missing_rate"}:
                found.setdefault((row.kpi, row.period_grain, row.period_start), []).append(row)
        return found


@pytest.fixture(scope="module")
def told() -> dict[str, Told]:
    found: dict[str, Told] = {}
    for batch in SHOPS:
        shop = Shop(batches.shop_of(batch, PEOPLE, RULES), batch.settings, RULES, SEEDS)
        rows = list(values.values(shop, topics.measures(shop, None)))
        found[batch.name] = Told(shop, rows)
    return found


def test_the_same_shop_is_invented_in_every_run(told: dict[str, Told]):
    for batch in SHOPS:
        again = batches.shop_of(batch, PEOPLE, RULES)
        assert again == told[batch.name].shop.world


def test_every_kpi_is_told_and_every_status_occurs(told: dict[str, Told]):
    rows = [row for each in told.values() for row in each.rows]
    assert len(rows) > 50_000
    assert {row.kpi for row in rows if row.numerator} == set(SEEDS.entries)
    statuses = {"ok", "no_base", "no_input", "immature", "partial", "small_sample", "missing_rate"}
    assert {row.status for row in rows} == statuses
    assert {row.period_grain for row in rows} == {"day", "week", "month", "quarter", "year"}


def test_no_row_is_written_twice(told: dict[str, Told]):
    for each in told.values():
        keys = Counter(
            (row.kpi, row.period_grain, row.period_start, row.dimension, row.dimension_value)
            for row in each.rows
        )
        assert [key for key, count in keys.items() if count > 1] == []


@pytest.mark.parametrize("dimension", ["stage", "health", "country", "channel"])
def test_slices_sum_to_all(dimension: str, told: dict[str, Told]):
    compared = 0
    for each in told.values():
        whole, sliced = each.of("all"), each.of(dimension)
        for key, (row,) in whole.items():
            if key[0] in SUMS and dimension in SEEDS.entries[key[0]].dimensions:
                parts = sliced.get(key, [])
                assert sum((part.numerator or 0 for part in parts), Decimal(0)) == row.numerator
                compared += 1
    assert compared > 500


def test_days_sum_to_months_months_to_quarters_and_quarters_to_years(told: dict[str, Told]):
    compared = 0
    for each in told.values():
        whole = each.of("all")
        for short, long in (("day", "month"), ("month", "quarter"), ("quarter", "year")):
            starts = sorted({start for kpi, grain, start in whole if grain == short})
            for (kpi, grain, _), (row,) in whole.items():
                inside = [start for start in starts if row.period_start <= start < row.period_end]
                # The first period of a history is whole, its days before the history are not told.
                if kpi not in ORDERS_SUMMED or grain != long or row.period_start < starts[0]:
                    continue
                parts = [whole[kpi, short, start][0] for start in inside]
                total = sum((part.numerator or Decimal(0) for part in parts), Decimal(0))
                assert total == row.numerator
                compared += 1
    assert compared > 50


def test_the_identities_of_customers_revenue_and_recurring_revenue_hold(told: dict[str, Told]):
    compared = 0
    for each in told.values():
        whole = {key: row.numerator or Decimal(0) for key, (row,) in each.of("all").items()}
        for kpi, grain, start in whole:
            if kpi == "active_customers_end":
                of = {
                    name: whole[f"active_customers_{name}", grain, start]
                    for name in ("start", "end", "gained", "reactivated", "lost")
                }
                expected = of["start"] - of["lost"] + of["gained"] + of["reactivated"]
                assert of["end"] == expected
                compared += 1
            if kpi == "net_revenue" and ("refunded_amount", grain, start) in whole:
                gross = whole["gross_revenue", grain, start]
                assert whole[kpi, grain, start] == gross - whole["refunded_amount", grain, start]
                compared += 1
    assert compared > 500


def test_rates_lie_between_nothing_and_all(told: dict[str, Told]):
    rates = {kpi for kpi in SEEDS.entries if kpi.endswith(("_rate", "_rate_90d", "_share"))}
    rates -= {"refunded_amount_rate"}
    for each in told.values():
        out = [row for row in each.rows if row.kpi in rates and row.value is not None]
        assert len(out) > 1000
        assert [row for row in out if not 0 <= (row.value or 0) <= 1] == []


def test_the_census_of_stages_counts_every_person_once(told: dict[str, Told]):
    for each in told.values():
        census: Counter[tuple[str, str, date]] = Counter()
        for row in each.rows:
            if row.kpi == "stage_population" and row.period_grain == "month":
                key = (row.dimension, row.period_grain, row.period_start)
                census[key] += int(row.numerator or 0)
        by_month: dict[date, set[int]] = {}
        for (dimension, _, start), count in census.items():
            if dimension != "stage:b2b":
                by_month.setdefault(start, set()).add(count)
        assert len(by_month) > 2
        assert all(len(counts) == 1 for counts in by_month.values())
