"""What the plain-Python references say of marts, as witnesses of a slip.

A mart is what its reference says: the tests hold the two together. So who changes a compared column
of such a mart on a shop of theirs turns their test red, and the reference need not be asked again.

Belongs here: which columns of which marts are compared on which shop. Does not belong here: making
marts wrong (``spoilt``), random tables (``benches``).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from orchestration.settings.paths import StateDir
from tests.mutation import benches
from tests.mutation.spoilt import Marts
from tests.pipeline import test_staging
from tests.reference import batches as worlds
from tests.reference import compare, rulebook
from tests.reference.batches import SHIPPED_SEEDS
from tests.reference.customers import marts as customers
from tests.reference.journey import marts as journey
from tests.reference.kpis import batches as shops
from tests.reference.kpis import catalogue
from tests.reference.kpis import compare as kpis
from tests.reference.kpis.shop import Shop
from tests.reference.value import customer_value, ledger
from tests.reference.value import marts as value
from tests.reference.value import worlds as value_worlds

SHOP = shops.LEAP_DAY
BATCH = worlds.BATCHES[0]
# What tests name that have no constant of it.
HISTORIES = ("subject_id", *customer_value.COLUMNS[:4])
RANKS = ("value_rank", "value_decile")
HOLDOUT = (
    *("purpose", "model", "frequency_class", "customers", "expected_orders", "actual_orders"),
)
OUTLOOK = ("advance_30d_probability", "is_stalled")
GAPS = ("gap_ordinal", "day", "at_risk", "ordered_again", "still_open", "survival")
BACKTEST = (
    *("policy", "month_end", "customers", "called_lapsed", "gone", "false_alarms", "misses"),
    *("balanced_error", "median_days_to_call"),
)
STAGED: Marts = {
    "stg_products": ("product_id", "title"),
    "stg_order_lines": ("order_id", "line_number"),
    "stg_refunds": ("refund_id", "amount"),
    "filtered_refunds": ("refund_id", "reason"),
    "stg_channel_daily": ("channel", "clicks", "spend"),
    "stg_customer_merges": ("from_customer_id", "into_customer_id"),
    "stg_email_links": ("from_customer_id", "into_customer_id", "merged_at"),
    "stg_customer_consents": ("customer_id", "stated_at", "marketing_consent"),
    "stg_erasure_requests": ("customer_id", "requested_at"),
    "filtered_erasure_requests": ("customer_id", "reason"),
}
SEGMENTS: Marts = {
    "segment_members": ("segment", "subject_id"),
    "segment_profiles": (
        *("segment", "customers", "share", "net_revenue_365d", "average_order_value"),
        *("orders_per_customer", "tickets_per_100_orders_365d", "nps"),
        *("top_channel", "top_category"),
    ),
    "segment_profile_mix": ("segment", "dimension", "dimension_value", "customers"),
}


def built_shop(folder: Path) -> StateDir:
    """Build the shop of the KPIs' reference, if it is not built yet."""
    state = StateDir.at(folder / "state")
    if not state.published_database.exists():
        shops.build(SHOP, folder)
    return state


def built_batch(folder: Path) -> StateDir:
    """Build the worlds of the stages' reference, if they are not built yet."""
    state = StateDir.at(folder / "state")
    if not state.published_database.exists():
        worlds.build(BATCH, folder)
    return state


def built_rows(folder: Path) -> StateDir:
    """Stage the rows on edges that tests/pipeline/test_staging.py invents, unless that was done."""
    state = StateDir.at(folder / "state")
    if not state.working_database.exists():
        test_staging.stage(folder)
    return state


@dataclass(frozen=True)
class Reading:
    """Marts of the sample that a reference tells from other tables of the same database.

    Attributes:
        marts: by name, the columns that are compared.
        given: what the reference reads; who makes that wrong misleads it, too.
    """

    marts: Marts
    given: frozenset[str]


@cache
def readings_of_sample() -> tuple[Reading, ...]:
    """Return what tests/pipeline/test_built_shops.py and test_segments.py compare."""
    worth = frozenset(
        {
            *("int_settings", "int_persons", "int_booked_orders", "int_subscription_terms"),
            *("int_subscription_amounts", "lifecycle_history", "stages"),
        }
    )
    paces = frozenset({"int_settings", "int_persons", "int_order_days", "int_health_changes"})
    of_raw = {mart: columns for mart, columns in marts_of_shop().items() if mart in customers.MARTS}
    return (
        Reading(of_raw, frozenset()),
        Reading(benches.columns_of_value(), frozenset({*value_worlds.GIVEN, "subjects"})),
        Reading(benches.columns_of_journey(), frozenset(journey.GIVEN)),
        Reading({"customer_value": HISTORIES}, worth),
        Reading(
            {"customer_value": ("subject_id", *customer_value.COLUMNS, *RANKS)},
            worth | {"model_fits"},
        ),
        # Read are the numbers of fits alone, not how far they were off.
        Reading({"model_holdout": HOLDOUT}, worth | {"int_value_models"}),
        Reading(
            {
                "stage_odds": benches.columns_of_odds()["stage_odds"],
                "lifecycle_current": ("framework", "subject_id", *OUTLOOK),
            },
            frozenset({"int_settings", "lifecycle_history", "stages", "int_value_stage_means"}),
        ),
        Reading(
            {"model_fits": ("purpose", "model", "name", "value")},
            frozenset(
                {
                    *("int_value_histories", "int_value_statistics"),
                    *("int_value_models", "int_value_errors"),
                }
            ),
        ),
        Reading({"lapse_calibration": GAPS}, paces),
        Reading(
            {"lapse_backtest": BACKTEST}, paces | {"int_recommended_policies", "int_value_fits"}
        ),
        Reading(SEGMENTS, frozenset({"customers", "orders", "build_info"})),
    )


@cache
def marts_of_shop() -> Marts:
    """Return what tests/pipeline/test_shop_reference.py compares."""
    rules = rulebook.load(SHIPPED_SEEDS)
    world = shops.shop_of(SHOP, shops.people_per_shop(), rules)
    shop = Shop(world, SHOP.settings, rules, catalogue.load(SHIPPED_SEEDS))
    found: dict[str, tuple[str, ...]] = {"kpi_values": kpis.COLUMNS}
    for mart, (expected, _) in customers.MARTS.items():
        row = next(iter(expected(shop, SHIPPED_SEEDS)))
        found[mart] = tuple(row if isinstance(row, Mapping) else dataclasses.asdict(row))
    settled = ledger.of_shop(shop, ledger.windows(SHIPPED_SEEDS))
    for mart, (rows, key) in value.MARTS.items():
        # Of a shop that gives a mart no row, nothing but that is compared.
        found[mart] = tuple(next(iter(rows(settled)), key))
    return found


@cache
def marts_of_batch() -> Marts:
    """Return what tests/pipeline/test_reference.py compares."""
    now = (*compare.CURRENT_COLUMNS, *compare.OUTLOOK_COLUMNS)
    return {
        "lifecycle_history": compare.COLUMNS,
        "lifecycle_current": tuple(dict.fromkeys(now)),
        "stage_evidence": compare.EVIDENCE_COLUMNS,
    }
