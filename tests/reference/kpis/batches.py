"""Shops whose KPIs are compared: many people, one landing folder, one build each.

Belongs here: settings of the shops, their making with a fixed seed, their landing and build. Does
not belong here: comparing (``compare``).
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from hypothesis import strategies as st

from tests.reference import rulebook
from tests.reference.batches import SHIPPED_SEEDS, Batch
from tests.reference.compare import run_lifecycle
from tests.reference.invented.draws import Example, examples
from tests.reference.kpis import catalogue, crowds, strategies
from tests.reference.kpis.catalogue import Seeds
from tests.reference.rulebook import Rulebook
from tests.reference.world import (
    TABLES,
    ExchangeRate,
    Settings,
    World,
    renamed,
    write_landing,
)

RATES = (
    ExchangeRate(date(2018, 1, 1), "GBP", Decimal("1.1512345678")),
    ExchangeRate(date(2018, 1, 1), "USD", Decimal("0.9")),
    ExchangeRate(date(2020, 1, 1), "USD", Decimal("0.9333333333")),
)
JPY_LATE = ExchangeRate(date(2020, 2, 1), "JPY", Decimal("0.0081728395"))
JPY_EARLY = dataclasses.replace(JPY_LATE, date=date(2018, 1, 1))

# Every order has a rate, and the shop ends on the last day of a month, a leap day.
LEAP_DAY = Batch(
    "leap_day_and_summer_time",
    11,
    Settings(
        as_of_date=date(2020, 2, 29),
        timezone="America/St_Johns",
        currency="EUR",
        own_domains=("shop.example",),
        rates=(*RATES, JPY_EARLY),
    ),
    end=date(2020, 2, 29),
)
# Some money cannot be converted, the last day lies within a week and a month, some rows came after
# the belief that is rebuilt, and every other setting that a KPI depends on is not the default.
MISSING_RATES = Batch(
    "half_hour_zone_and_missing_rates",
    12,
    Settings(
        as_of_date=date(2020, 4, 8),
        identity_as_of=date(2020, 2, 10),
        known_at=datetime(2020, 4, 14, 10, 30),
        timezone="Australia/Lord_Howe",
        currency="EUR",
        fulfilment_sla_days=3,
        session_timeout_minutes=10,
        pending_is_booked=True,
        subscription_grace_days=10,
        renewal_slack_days=0,
        kpi_history_days=100,
        fiscal_year_start_month=4,
        rfm_window_days=60,
        rates=(*RATES, JPY_LATE),
    ),
    end=date(2020, 4, 8),
)
SHOPS = (LEAP_DAY, MISSING_RATES)


@dataclass(frozen=True)
class BuiltShop:
    """A shop that ``lifecycle build`` has published, and the groups of people that make it up."""

    batch: Batch
    groups: tuple[World, ...]
    rules: Rulebook
    seeds: Seeds
    state_dir: Path

    @property
    def world(self) -> World:
        """All of them."""
        return together(self.batch, self.groups)


def build(batch: Batch, folder: Path) -> BuiltShop:
    """Invent a shop, land it in ``folder`` and build it."""
    rules = rulebook.load(SHIPPED_SEEDS)
    shop = BuiltShop(
        batch,
        groups_of(batch, people_per_shop(), rules),
        rules,
        catalogue.load(SHIPPED_SEEDS),
        folder / "state",
    )
    write_landing([shop.world], batch.settings, folder / "raw")
    run_lifecycle(batch.options(folder / "raw", shop.state_dir, None))
    return shop


def people_per_shop() -> int:
    """Groups of people in one shop; LIFECYCLE_KPI_WORLDS asks for more of them over all shops."""
    return -(-int(os.environ.get("LIFECYCLE_KPI_WORLDS", "120")) // len(SHOPS))


def shop_of(batch: Batch, count: int, rules: Rulebook) -> World:
    """All people of a batch in one world; the same ones in every run."""
    return together(batch, groups_of(batch, count, rules))


def groups_of(batch: Batch, count: int, rules: Rulebook) -> tuple[World, ...]:
    """The people of a batch, who have nothing to do with each other, and what is nobody's."""
    # LIFECYCLE_WORLDS_SEED turns the same suite into a search among other worlds.
    seed = 1000 * (batch.seed + 100 * int(os.environ.get("LIFECYCLE_WORLDS_SEED", "0")))
    groups = strategies.people(batch.settings, batch.end)
    worlds = [_example(groups, seed + number) for number in range(count)]
    worlds.append(_example(crowds.polls(batch.settings, batch.end), seed))
    worlds.append(crowds.launch(batch.end))
    named = [
        renamed(world, f"w{number:04d}", rules.excluded_ids) for number, world in enumerate(worlds)
    ]
    channels = _example(crowds.channel_days(batch.end), seed)
    return (*named, World(channel_daily=channels))


def together(batch: Batch, groups: Sequence[World]) -> World:
    """The groups of a shop as one world."""
    tables = {
        table: tuple(row for world in groups for row in getattr(world, table)) for table in TABLES
    }
    return World(name=batch.name, **tables)


def _example(strategy: st.SearchStrategy[Example], seed: int) -> Example:
    """One example; examples of one run are often variations of each other, so each has a seed."""
    return examples(strategy, 3, seed)[-1]
