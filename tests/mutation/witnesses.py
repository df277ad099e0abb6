"""What the plain-Python references say of marts, as witnesses of a slip.

A mart is what its reference says: the tests hold the two together. So who changes a compared column
of such a mart on a shop of theirs turns their test red, and the reference need not be asked again.

Belongs here: which columns of which marts are compared on which shop. Does not belong here: making
marts wrong (``spoilt``).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from orchestration.settings.paths import StateDir
from tests.mutation.spoilt import Marts
from tests.reference import batches as worlds
from tests.reference import compare, rulebook
from tests.reference.batches import SHIPPED_SEEDS
from tests.reference.customers import marts as customers
from tests.reference.kpis import batches as shops
from tests.reference.kpis import catalogue
from tests.reference.kpis import compare as kpis
from tests.reference.kpis.shop import Shop
from tests.reference.value import ledger
from tests.reference.value import marts as value

SHOP = shops.LEAP_DAY
BATCH = worlds.BATCHES[0]


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
