"""What new and present customers are foreseen to be worth, beside plain Python: two KPIs.

Random rows, and the sample.
"""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from orchestration.settings.paths import StateDir
from tests.pipeline.workbench import Workbench
from tests.reference.differences import differences
from tests.reference.value import ledger
from tests.reference.value.foreseen import KEY, Foreseen, ltv_to_cac, predicted_clv

pytestmark = pytest.mark.slow

# Both sides of the ends of a month, a quarter and a year.
DAYS = [date(2023, 12, 31) + timedelta(days=shift) for shift in (-31, -30, 0, 1, 31, 32, 91, 92)]

OF_A_ROW = ("kpi", "period_grain", "period_start", "numerator", "denominator", "sample_size")


def test_what_new_customers_bring_and_cost_agrees_with_the_reference(
    sample_state: StateDir,
) -> None:
    given = ("int_channel_reports", "int_first_orders", "int_customer_values")
    # Without a KPI of that name nobody is told of today.
    of_today = ("kpis", "int_settings", "int_periods", "int_person_states")
    workbench = Workbench(sample_state.root, (*given, *of_today), ["int_kpi_predictions"])
    dice = random.Random(4)
    compared = free = 0
    for _ in range(30):
        spend = [
            (dice.choice(DAYS), Decimal(dice.choice((0, 1, 20, 333))))
            for _ in range(dice.randint(0, 5))
        ]
        customers = [
            Foreseen(
                dice.choice(DAYS), "IT", dice.choice((None, Decimal(0), Decimal("33.3333"))), False
            )
            for _ in range(dice.randint(0, 9))
        ]
        tables: dict[str, list[dict[str, Any]]] = {
            "int_channel_reports": [
                *(
                    {"fact_date": day, "spend": amount, "is_missing_rate": False}
                    for day, amount in spend
                ),
                # A channel that says nothing of money has spent none.
                {"fact_date": DAYS[0], "spend": None, "is_missing_rate": True},
            ],
            "int_first_orders": [
                {"person_key": key, "order_date": one.first_day}
                for key, one in enumerate(customers)
            ],
            # Who is no customer of the marts has no row there.
            "int_customer_values": [
                {"person_key": key, "predicted_value_365d": one.value}
                for key, one in enumerate(customers)
                if one.value is not None or key % 2
            ],
        }
        actual = workbench.run(tables, ["int_kpi_predictions"])["int_kpi_predictions"]
        expected = [
            {column: row[column] for column in OF_A_ROW} for row in ltv_to_cac(customers, spend)
        ]
        assert not differences(expected, actual, ("kpi", "period_grain", "period_start"))
        compared += len(actual)
        free += sum(not row["denominator"] for row in actual)
    assert compared > 100
    assert free > 5


def test_what_customers_are_foreseen_to_be_worth_agrees_on_the_sample(
    sample_state: StateDir,
) -> None:
    with duckdb.connect() as connection:
        for alias, file in (("raw_db", "raw.duckdb"), ("working", "working.duckdb")):
            connection.execute(f"attach '{sample_state.root / file}' as {alias} (read_only)")
        values = {
            row["subject_id"]: row["predicted_value_365d"]
            for row in ledger.rows(connection, "working.marts.customer_value")
        }
        people = {
            row["subject_id"]: row
            for row in ledger.rows(connection, "working.marts.subjects", "orders > 0")
        }
        # A guest is nobody's new customer.
        firsts = ledger.rows(
            connection,
            "working.marts.orders",
            "is_first_order and not starts_with(subject_id, 'visitor:order:')",
        )
        customers = [
            Foreseen(
                row["ordered_on"],
                people[row["subject_id"]]["country"] or ledger.UNKNOWN,
                values.get(row["subject_id"]),
                people[row["subject_id"]]["health"] == "lapsed",
            )
            for row in firsts
        ]
        spend = [
            (row["fact_date"], row["spend"])
            for row in ledger.rows(connection, "working.intermediate.int_channel_reports")
            if row["spend"] is not None
        ]
        (settings,) = ledger.rows(connection, "working.intermediate.int_settings")
        expected = [
            *ltv_to_cac(customers, spend),
            *predicted_clv(customers, settings["as_of_date"]),
        ]
        actual = ledger.rows(
            connection,
            "working.marts.kpi_values",
            "kpi in ('ltv_to_cac', 'predicted_clv')",
        )
    different = differences(expected, actual, KEY)
    assert not different, "\n".join(different)
    assert {row["kpi"] for row in actual} == {"ltv_to_cac", "predicted_clv"}
    assert len(actual) > 50
