"""The marts of the sample, of Online Retail and of CDNOW equal their plain-Python reading.

Belongs here: shops that nobody here invented, and the sample. Of the two shops of others a part is
made into models in the suite, LIFECYCLE_TOTALS=all takes the whole of them; their data are no part
of the repository, and where they are not at hand they are skipped. Does not belong here: random
rows (`test_shop_reference`, `test_value_reference`, `test_journey_reference`, ...).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.ingest.run import ingest
from orchestration.rules.rule_set import read_rules
from orchestration.settings.paths import StateDir
from tests.conftest import shared
from tests.pipeline.models_kit import CompiledModels
from tests.reference import landed, rulebook
from tests.reference.batches import SHIPPED_SEEDS
from tests.reference.built import Built
from tests.reference.calibration import gaps, odds, paces
from tests.reference.customers import marts as shop_marts
from tests.reference.differences import differences
from tests.reference.journey import marts as journey_marts
from tests.reference.kpis import catalogue
from tests.reference.kpis.shop import Shop
from tests.reference.value import customer_value, ledger
from tests.reference.value import marts as value_marts
from tests.reference.world import Settings

pytestmark = pytest.mark.slow

# Read before the tests are kept from what is set outside.
IS_WHOLE = os.environ.get("LIFECYCLE_TOTALS") == "all"
# Of each shop the customers whose id has an MD5 sum below this, enough for a fit.
PARTS = {"online_retail": "10", "cdnow": "04"}
MARTS = (
    *shop_marts.MARTS,
    *value_marts.MARTS,
    *journey_marts.MARTS,
    *("customer_value", "model_fits", "model_holdout", "lapse_calibration", "lapse_backtest"),
    *("recommended_health_policy", "stage_odds", "lifecycle_current", "stages"),
)
FORESEEN = ("probability_alive", "expected_orders_90d", "predicted_value_365d")
SCHEMAS = {"stg": "staging", "int": "intermediate"}


@dataclass(frozen=True)
class TakenShop:
    """A shop whose models are made, and what the reference makes of its raw rows."""

    name: str
    built: Built
    settled: Shop

    @property
    def is_sample(self) -> bool:
        """Whether it has events, subscriptions and messages."""
        return self.name == "sample"


@pytest.fixture(scope="module", params=["sample", *PARTS])
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    name = request.param
    if name == "sample":
        state = request.getfixturevalue("sample_state")
    elif IS_WHOLE:
        state = request.getfixturevalue(f"{name}_state")
    else:
        state = StateDir.at(tmp_path_factory.mktemp(name))
        part_of(shared(name), PARTS[name], state.root / "landing")
        excluded_ids = read_rules(None).excluded_ids
        ingest(state.root / "landing", state.root, run_id="part", excluded_ids=excluded_ids)
        models = CompiledModels(request.getfixturevalue("sample_state"))
        given = [each for each in journey_marts.GIVEN if each.partition("_")[0] in SCHEMAS]
        models.make(state.raw_database, [*MARTS, *given], state.working_database)
    rates = landed.rates_of(state.raw_database)
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("set TimeZone = 'UTC'")
        for alias, path in (("raw_db", state.raw_database), ("working", state.working_database)):
            connection.execute(f"attach '{path}' as {alias} (read_only)")
        yield TakenShop(
            name,
            Built(connection),
            Shop(
                landed.world_of(state.raw_database),
                Settings(rates=rates),
                rulebook.load(SHIPPED_SEEDS),
                catalogue.load(SHIPPED_SEEDS),
            ),
        )


def part_of(whole: Path, below: str, folder: Path) -> None:
    """Write the rows of some customers, and of guest orders as many, as a landing directory."""
    folder.mkdir()
    orders = f"select order_id from '{whole}/orders.parquet' where {_is_some(below)}"
    for path in sorted(whole.glob("*.parquet")):
        where = {
            "events": "true",
            "products": "true",
            "customers": f"md5(customer_id) < '{below}'",
        }.get(path.stem, f"order_id in ({orders})")
        duckdb.execute(
            f"copy (from '{path}' where {where}) to '{folder / path.name}' (format parquet)"
        )


def _is_some(below: str) -> str:
    return f"md5(coalesce(customer_id, order_id)) < '{below}'"


def agrees(mart: str, expected: Any, actual: Any, key: tuple[str, ...], near: Any = None) -> None:
    different = differences(expected, actual, key, near or {})
    assert not different, f"{mart}:\n" + "\n".join(different)


@pytest.mark.parametrize("mart", shop_marts.MARTS)
def test_every_mart_of_customers_and_visits_agrees(shop: TakenShop, mart: str) -> None:
    expected, key = shop_marts.MARTS[mart]
    actual = shop.built.marts(mart)
    agrees(mart, expected(shop.settled, SHIPPED_SEEDS), actual, key)
    needs_more = mart in {"subscriptions", "sessions", "touchpoints"} or (
        mart == "order_lines" and shop.name == "cdnow"
    )
    assert bool(actual) == (shop.is_sample or not needs_more)


def test_every_mart_of_value_that_a_ledger_tells_agrees(shop: TakenShop) -> None:
    told = ledger.of_database(shop.built.connection)
    assert len(told.customers) > 250
    for mart, (expected, key) in value_marts.MARTS.items():
        actual = shop.built.marts(mart)
        agrees(mart, expected(told), actual, key, value_marts.MANY)
        needs_lines = mart in {"product_affinity", "next_best_product"}
        assert bool(actual) == (shop.name != "cdnow" or not needs_lines)


def test_what_customers_are_worth_agrees(shop: TakenShop) -> None:
    built = shop.built
    world, fits = built.world(), built.fits()
    actual = built.marts("customer_value")
    expected = customer_value.customer_value(world, fits, built.names)
    agrees("customer_value", expected, actual, ("subject_id",), customer_value.NEAR)
    agrees("customer_value", customer_value.ranks(actual), actual, ("subject_id",))
    agrees(
        "model_holdout",
        customer_value.model_holdout(world, fits),
        built.marts("model_holdout"),
        ("purpose", "model", "frequency_class"),
        customer_value.NEAR,
    )
    agrees(
        "model_fits",
        customer_value.judged(world, fits),
        built.marts("model_fits"),
        ("purpose", "model", "name"),
        customer_value.NEAR,
    )
    foreseen = {row["subject_id"]: row["predicted_value_365d"] for row in actual}
    for row in built.marts("customers"):
        assert row["predicted_value_365d"] == foreseen.get(row["subject_id"])
    if shop.name == "online_retail":
        # Nobody is seen to leave in thirteen months: nulls, and by what is published of the fits.
        assert {row["model"] for row in actual} == {"none"}
        assert {row[name] for row in actual for name in FORESEEN} == {None}
        assert fits
        assert customer_value.choice(world, fits, 90) is None
    contracts = sum(row["contract_value_365d"] is not None for row in actual)
    assert (contracts > 20) == shop.is_sample


def test_every_mart_of_journey_that_tables_tell_agrees(shop: TakenShop) -> None:
    tables = {
        name: ledger.rows(
            shop.built.connection,
            f"working.{SCHEMAS.get(name.partition('_')[0], 'seeds')}.{name}",
        )
        for name in journey_marts.GIVEN
    }
    for mart, (expected, key) in journey_marts.MARTS.items():
        actual = shop.built.marts(mart)
        agrees(mart, expected(tables), actual, key)
        assert actual or not shop.is_sample


def test_the_odds_of_stages_agree(shop: TakenShop) -> None:
    built = shop.built
    means = {
        (row["stage"], row["health"]): row["mean_value"]
        for row in built.facts("int_value_stage_means")
    }
    given, mine = built.standings(means), f"framework = '{built.framework}'"
    actual = built.marts("stage_odds", mine)
    key = ("framework", "stage", "health", "days_in_stage")
    agrees("stage_odds", odds.stage_odds(given), actual, key)
    assert len(actual) > 5
    current = built.marts("lifecycle_current", mine)
    told = [row | {"subject": row["subject_id"]} for row in current]
    agrees("lifecycle_current", odds.outlooks(given), told, ("framework", "subject"))


def test_gaps_and_lapses_agree(shop: TakenShop) -> None:
    built = shop.built
    days, windows = built.order_days(), built.windows
    standing = [found for each in days.values() if (found := gaps.known_days(each, built.as_of))]
    actual = built.marts("lapse_calibration")
    expected = gaps.lapse_calibration(standing, built.as_of, windows["followed_gaps"])
    agrees("lapse_calibration", expected, actual, ("gap_ordinal", "day"))
    assert len(actual) > 300
    # The fits are held against their own reference (tests/unit/test_pace_fits.py).
    policies = {row["known_on"]: row for row in built.facts("int_recommended_policies")}
    order_fits = {
        date.fromisoformat(row["purpose"].removeprefix("month:")): row
        for row in built.facts("int_value_fits", "purpose like 'month:%' and is_converged")
    }
    agrees(
        "lapse_backtest",
        gaps.lapse_backtest(days, built.health(), built.as_of, windows, policies, order_fits),
        built.marts("lapse_backtest"),
        ("policy", "month_end"),
    )
    (mart,) = built.marts("recommended_health_policy")
    assert mart["reason"] is None
    known = {
        (row["person_key"], row["known_on"]): row for row in built.facts("int_order_snapshots")
    }
    trials = [
        known[row["person_key"], row["month_end"]] | row for row in built.facts("int_lapse_trials")
    ]
    percent = paces.chosen_percent(policies, trials)
    # Thirteen months are too few to have judged any month: the shipped quantile stays.
    assert (percent is None) == (shop.name == "online_retail")
    if percent is not None:
        assert mart["lapsed_quantile"] == Decimal(percent) / 100
