"""Short ways to write hand-computed cases for the reading of the KPI page.

Belongs here: terse builders for ``tests/unit/test_reference_kpi*``. Does not belong here: random
shops (``strategies``).
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from tests.reference import rulebook
from tests.reference.batches import SHIPPED_SEEDS
from tests.reference.kpis import catalogue, topics, values
from tests.reference.kpis.catalogue import Seeds
from tests.reference.kpis.shop import Shop
from tests.reference.kpis.values import Value
from tests.reference.small import day, event
from tests.reference.world import Event, Settings, World

RULES = rulebook.load(SHIPPED_SEEDS)
SEEDS = catalogue.load(SHIPPED_SEEDS)
Told = tuple[Decimal | None, Decimal | None, str]


def told(
    world: World,
    kpi: str,
    start: str,
    grain: str = "month",
    slice_: tuple[str, str] = ("all", "all"),
    seeds: Seeds = SEEDS,
    **settings: object,
) -> Told | None:
    """Numerator, denominator and status of one row; as of 2020-12-31 unless told otherwise."""
    found = [
        (row.numerator, row.denominator, row.status)
        for row in rows_of(world, kpi, seeds, **settings)
        if (row.period_grain, row.period_start) == (grain, day(start))
        and (row.dimension, row.dimension_value) == slice_
    ]
    return found[0] if found else None


def rows_of(world: World, kpi: str, seeds: Seeds = SEEDS, **settings: object) -> list[Value]:
    """All rows of a KPI; as of 2020-12-31 unless told otherwise."""
    chosen = Settings(**{"as_of_date": day("2020-12-31"), "currency": "EUR", **settings})
    shop = Shop(world, chosen, RULES, seeds)
    return [
        row
        for measure in topics.measures(shop, None)
        if measure.kpi == kpi
        for row in values.values(shop, [measure])
    ]


def numbers(numerator: int | str, denominator: int | str | None, status: str = "ok") -> Told:
    """A row with a number."""
    return Decimal(numerator), None if denominator is None else Decimal(denominator), status


def said(event_id: str, when: str, name: str, value: str | None = None, **told: Any) -> Event:
    """An event with properties, of customer ``c`` unless a ``user_id`` is given."""
    who = {"user_id": told.pop("user_id", "c")}
    properties = json.dumps(told) if told else None
    number = None if value is None else Decimal(value)
    return event(event_id, when, name, value=number, properties=properties, **who)
