"""What customers are worth equals the plain-Python reading of it, on invented shops.

The models of the room `value` and their marts run as dbt compiled them for the sample, on tables
that stand in for the rooms before them: a shop costs a second instead of a build.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import numpy as np
import pytest

from orchestration.settings.paths import RULES_DIR, StateDir
from tests.python_model import run_compiled
from tests.reference.differences import differences
from tests.reference.value import customer_value as value
from tests.reference.value.customer_value import Order, Standing, Term, World

pytestmark = pytest.mark.slow

AS_OF = date(2024, 6, 30)
FAR = date(9999, 12, 31)
STAGES = ("discovery", "retention", "loyalty")
MARTS = ("customer_value", "model_fits", "model_holdout")
ROOM = "models/intermediate/value/"


@dataclass(frozen=True)
class Shop:
    """What a shop is invented from.

    Attributes:
        customers: with an order that no subscription made.
        days: since the shop opened.
        drift: how many times as fast everybody orders in the last 90 days.
        spending: `apart` from frequency, `along` with it, or the `same` for all.
        subscriptions: different ones.
    """

    customers: int
    days: int
    subscriptions: int = 25
    drift: float = 1.0
    spending: str = "apart"
    seed: int = 1


def customers_of(shop: Shop, draw: np.random.Generator) -> Iterator[Order]:
    """Customers who order and leave as MBG/NBD says, with the odd refund and a missing rate."""
    for person in range(1, shop.customers + 1):
        rate, leave = draw.gamma(0.9, 1 / 45), draw.beta(0.8, 2.5)
        age = int(draw.integers(0, shop.days)) if person > 1 else shop.days
        first = AS_OF - timedelta(days=age)
        scale = draw.gamma(5, 12)
        day, orders = first, 0
        while day <= AS_OF:
            worth = {"apart": scale, "along": 20 + 30 * orders, "same": 40}[shop.spending]
            noise = 1 if shop.spending == "same" else draw.gamma(6, 1 / 6)
            net = Decimal(str(round(worth * noise, 4)))
            if shop.spending == "apart" and draw.random() < 0.05:
                net = -net if draw.random() < 0.2 else Decimal(0)
            is_unrated = shop.spending == "apart" and bool(draw.random() < 0.002)
            yield Order(person, day, net, is_missing_rate=is_unrated)
            orders += 1
            if shop.spending != "same" and draw.random() < 0.1:
                yield Order(person, day, net)
            if draw.random() < leave:
                break
            quick = shop.drift if (AS_OF - day).days < 90 else 1
            day += timedelta(days=max(1, math.ceil(draw.exponential(1 / (rate * quick)))))


def terms_of(shop: Shop, draw: np.random.Generator) -> Iterator[Term]:
    """Subscriptions of the first persons and of some who order nothing else; some come back."""
    for number in range(shop.subscriptions):
        person = number + 1 if number % 3 else 100_000 + number
        begins = AS_OF - timedelta(days=int(draw.integers(1, shop.days + 1)))
        ends = begins + timedelta(days=int(draw.exponential(400)) + 1)
        amount = None if number % 11 == 7 else Decimal(str(round(draw.gamma(4, 5), 2)))
        yield Term(person, f"s{number}", begins, ends, amount)
        if ends < AS_OF - timedelta(days=40):
            yield Term(person, f"s{number}", ends + timedelta(days=30), FAR, amount)


def standings_of(shop: Shop, draw: np.random.Generator) -> Iterator[Standing]:
    """Where everybody stands: two spans a person; health follows the person's number."""
    for person in range(1, shop.customers + 1):
        begins = AS_OF - timedelta(days=shop.days)
        turns = begins + timedelta(days=int(draw.integers(1, shop.days)))
        health = "lapsed" if person % 8 == 0 else "active"
        stages = (STAGES[person % 2], STAGES[1 + person % 2 if person % 5 else 0])
        yield Standing(person, stages[0], health, begins, turns)
        yield Standing(person, stages[1], health, turns, FAR)


def world_of(shop: Shop) -> World:
    """Invent a shop; the same one in every run."""
    draw = np.random.default_rng(shop.seed)
    orders = list(customers_of(shop, draw)) if shop.customers else []
    terms = list(terms_of(shop, draw))
    orders += [Order(term.person, term.begins_on, Decimal(9), subscription="s") for term in terms]
    orders += [Order(200_000, AS_OF, Decimal(5), is_guest=True)] if shop.customers else []
    return World(AS_OF, orders, terms, list(standings_of(shop, draw)), STAGES)


@pytest.fixture(scope="module")
def compiled(sample_state: StateDir) -> list[dict[str, Any]]:
    """The marts and what they read of the room, as dbt compiled them, parents before children."""
    nodes = json.loads((sample_state.dbt_target / "manifest.json").read_text())["nodes"]
    models: dict[str, dict[str, Any]] = {}
    waiting = [unique_id for unique_id in nodes if unique_id.split(".")[-1] in MARTS]
    while waiting:
        unique_id = waiting.pop()
        models[unique_id] = nodes[unique_id]
        waiting += [
            parent
            for parent in nodes[unique_id]["depends_on"]["nodes"]
            if parent not in models and nodes[parent]["original_file_path"].startswith(ROOM)
        ]
    ordered: list[str] = []
    while len(ordered) < len(models):
        ordered += sorted(
            unique_id
            for unique_id in models.keys() - set(ordered)
            if models.keys() & set(models[unique_id]["depends_on"]["nodes"]) <= set(ordered)
        )
    return [models[unique_id] for unique_id in ordered]


def persons_of(world: World) -> list[int]:
    """Everybody who ordered or subscribed."""
    return sorted({each.person for each in (*world.orders, *world.terms)})


def tables(world: World) -> Mapping[str, tuple[str, list[tuple[Any, ...]]]]:
    """Return columns and rows of the tables that the room of values reads, by name."""
    persons = persons_of(world)
    months = [date(year, month, 1) for year in range(2018, 2025) for month in range(1, 13)]
    return {
        "intermediate.int_settings": ("as_of_date date", [(world.as_of,)]),
        "intermediate.int_persons": (
            "person_key integer, person_id varchar",
            [(person, f"customer:{person}") for person in persons],
        ),
        "intermediate.int_booked_orders": (
            "person_key integer, order_date date, order_value decimal(18, 4), "
            "refunded_value decimal(18, 4), is_missing_rate boolean, is_guest boolean, "
            "subscription_id varchar",
            [
                (
                    order.person,
                    order.day,
                    None if order.is_missing_rate else order.net + 3,
                    None if order.is_missing_rate else 3,
                    order.is_missing_rate,
                    order.is_guest,
                    order.subscription,
                )
                for order in world.orders
            ],
        ),
        "intermediate.int_subscription_terms": (
            "person_key integer, subscription_id varchar, begins_on date, ends_on date",
            [
                (term.person, term.subscription, term.begins_on, term.ends_on)
                for term in world.terms
            ],
        ),
        "intermediate.int_subscription_amounts": (
            "person_key integer, subscription_id varchar, valid_from date, valid_to date, "
            "amount decimal(18, 4), is_missing_rate boolean",
            [
                (term.person, term.subscription, term.begins_on, term.ends_on, term.amount, False)
                for term in world.terms
                if term.amount is not None
            ],
        ),
        "intermediate.int_periods": (
            "period_grain varchar, period_start date, period_end date",
            [("month", month, following) for month, following in itertools.pairwise(months)],
        ),
        "intermediate.int_person_states": (
            "subject_key integer, stage varchar, health varchar, valid_from date, valid_to date",
            [
                (each.person, each.stage, each.health, each.valid_from, each.valid_to)
                for each in world.standings
            ],
        ),
        # What was known at past month ends is the room of calibration's.
        "intermediate.int_order_snapshots": (
            "person_key integer, known_on date, first_order_on date, last_order_on date, "
            "gaps bigint",
            [],
        ),
        "seeds.frameworks": (
            "framework varchar, is_default boolean",
            [("usual", True), ("other", False)],
        ),
        "seeds.framework_stages": (
            "framework varchar, stage varchar",
            [("usual", stage) for stage in world.stages] + [("other", "elsewhere")],
        ),
    }


def made(world: World, models: list[dict[str, Any]], threads: int = 1) -> duckdb.DuckDBPyConnection:
    """Return a database in which all these models were made."""
    connection = duckdb.connect(config={"threads": threads})
    connection.execute("attach ':memory:' as working")
    connection.execute("use working")
    for schema in ("seeds", "intermediate", "marts"):
        connection.execute(f"create schema {schema}")
    connection.execute(
        f"create table seeds.value_limits as from read_csv('{RULES_DIR}/value_limits.csv')"
    )
    for name, (columns, rows) in tables(world).items():
        connection.execute(f"create table {name} ({columns})")
        # As texts, which DuckDB casts: a row at a time would take most of the test.
        texts = {
            f"column_{place}": np.array([None if each is None else str(each) for each in column])
            for place, column in enumerate(zip(*rows, strict=True))
        }
        if rows:
            connection.register("texts", {key: each.astype(object) for key, each in texts.items()})
            connection.execute(f"insert into {name} from texts")
    for model in models:
        relation, code = model["relation_name"], model["compiled_code"]
        if model["language"] == "python":
            run_compiled(connection, relation, code)
        else:
            connection.execute(f"create table {relation} as ({code}\n)")
    return connection


def dicts(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    """Return rows by column name."""
    result = connection.execute(query)
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def fits_of(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], dict[str, float]]:
    """Return the published fits by purpose and model; what was never fitted is left out."""
    found: dict[tuple[str, str], dict[str, float]] = {}
    for row in dicts(connection, "from marts.model_fits"):
        found.setdefault((row["purpose"], row["model"]), {})[row["name"]] = row["value"]
    return {key: fit for key, fit in found.items() if "is_converged" in fit}


USUAL = Shop(customers=700, days=800)
SHOPS = {
    "usual": USUAL,
    "another": replace(USUAL, seed=2, customers=600, days=900),
    "first year": Shop(customers=500, days=300, seed=5),
    "a hold-out without a maximum": Shop(customers=300, days=250),
    "spends more who orders more": replace(USUAL, spending="along"),
    "one price": replace(USUAL, spending="same"),
    "199 customers": replace(USUAL, customers=199, days=900, seed=3),
    "200 customers": replace(USUAL, customers=200, days=900, seed=3),
    "orders pour in": replace(USUAL, customers=400, drift=8),
    "50 customers": Shop(customers=50, days=800),
    "first month": Shop(customers=40, days=20, subscriptions=3),
    "19 subscriptions": replace(USUAL, customers=60, subscriptions=19),
    "20 subscriptions": replace(USUAL, customers=60, subscriptions=20),
    "subscriptions alone": Shop(customers=0, days=500),
    "nothing": Shop(customers=0, days=100, subscriptions=0),
}
# Which model speaks of 90 and of 365 days, and of the whole.
SPEAKS = {
    "first year": (True, False, "a fit"),
    "a hold-out without a maximum": (False, False, "none"),
    "orders pour in": (False, True, "a fit"),
    "199 customers": (False, False, "stage"),
    "200 customers": (True, True, "a fit"),
    "one price": (False, False, "stage"),
    "spends more who orders more": (True, True, "a fit"),
    "50 customers": (False, False, "stage"),
    "first month": (False, False, "none"),
}


@pytest.mark.parametrize("name", SHOPS)
def test_customers_are_worth_what_the_reference_says(
    name: str, compiled: list[dict[str, Any]]
) -> None:
    world = world_of(SHOPS[name])
    connection = made(world, compiled)
    fits = fits_of(connection)
    names = {each: f"customer:{each}" for each in persons_of(world)}
    rows = dicts(connection, "from marts.customer_value")
    expected = value.customer_value(world, fits, names)
    different = differences(expected, rows, ["subject_id"], value.NEAR)
    assert not different, "\n".join(different)
    if name in SPEAKS:
        models = {row["model"] for row in rows if row["frequency"] is not None}
        *by_a_fit, speaker = SPEAKS[name]
        assert [bool(value.choice(world, fits, days)) for days in (90, 365)] == by_a_fit
        assert (models <= set(value.MODELS)) == (speaker == "a fit")
        assert speaker == "a fit" or speaker in models

    holdout = dicts(connection, "from marts.model_holdout")
    key = ("purpose", "model", "frequency_class")
    assert not differences(value.model_holdout(world, fits), holdout, key, value.NEAR)
    assert not differences(value.ranks(rows), rows, ["subject_id"])


@pytest.mark.parametrize("name", ["usual", "first year", "199 customers"])
def test_fits_are_maxima_of_the_likelihood_and_miss_as_they_say(
    name: str, compiled: list[dict[str, Any]]
) -> None:
    world = world_of(SHOPS[name])
    connection = made(world, compiled)
    fits = fits_of(connection)
    purposes = {"usual": 3, "first year": 2, "199 customers": 0}[name]
    assert len(fits) == 2 * purposes + bool(purposes)
    for (purpose, model), fit in fits.items():
        told = value.histories(world, value.HELD_OUT.get(purpose, 0))
        names = ("p", "q", "v") if model == "gamma_gamma" else ("r", "alpha", "a", "b")

        def likelihood(numbers: Mapping[str, float], model=model, told=told) -> float:
            if model == "gamma_gamma":
                return value.spend_likelihood(numbers, told.values())
            return value.log_likelihood(model, numbers, told.values())

        assert fit["is_converged"]
        assert fit["log_likelihood"] == pytest.approx(likelihood(fit), rel=1e-9)
        for parameter in names:
            for factor in (0.999, 1.001):
                assert likelihood({**fit, parameter: fit[parameter] * factor}) < likelihood(fit)
            assert fit[parameter] == float(f"{fit[parameter]:.9g}")
        if purpose in value.HELD_OUT:
            days = value.HELD_OUT[purpose]
            forecast = {
                person: value.expected(model, fit, each, days) for person, each in told.items()
            }
            wape, bias = value.errors(forecast, told)
            assert (fit["wape"], fit["bias"]) == pytest.approx((wape, bias), rel=1e-7)


def test_made_twice_by_more_threads_all_is_the_same(compiled: list[dict[str, Any]]) -> None:
    world = world_of(USUAL)
    once, again = made(world, compiled), made(world, compiled, threads=4)
    for mart in ("customer_value", "model_fits", "model_holdout"):
        query = f"from marts.{mart} order by all"
        rows = once.execute(query).fetchall()
        assert rows
        assert rows == again.execute(query).fetchall()


# tests/test_utils.py of lifetimes (MIT) and of pymc-marketing (Apache-2.0): person, day, value.
CASES = """
1 2015-01-01 1; 1 2015-02-06 2; 2 2015-01-01 2; 3 2015-01-01 3; 3 2015-01-02 1; 3 2015-01-05 5;
4 2015-01-16 6; 4 2015-02-02 3; 4 2015-02-05 3; 4 2015-02-05 6; 5 2015-01-16 3; 5 2015-01-17 1;
5 2015-01-18 8; 6 2015-02-02 5
"""
# Frequency, recency, age and value by 2015-02-07.
SUMMARIES = {
    1: (1, 36, 37, 2),
    2: (0, 0, 37, 0),
    3: (2, 4, 37, 3),
    4: (2, 20, 22, 6),
    5: (2, 2, 22, Decimal("4.5")),
    6: (0, 0, 5, 0),
}


@pytest.mark.parametrize("is_backwards", [False, True])
def test_summaries_are_those_that_others_published(
    is_backwards: bool, compiled: list[dict[str, Any]]
) -> None:
    rows = [case.split() for case in CASES.split(";")]
    orders = [
        Order(int(person), date.fromisoformat(day), Decimal(worth)) for person, day, worth in rows
    ]
    world = World(date(2015, 2, 7), orders[:: -1 if is_backwards else 1], [], [], STAGES)
    found = dicts(made(world, compiled), "from marts.customer_value")
    assert {
        int(row["subject_id"].removeprefix("customer:")): (
            row["frequency"],
            row["recency_days"],
            row["age_days"],
            row["monetary_value"],
        )
        for row in found
    } == SUMMARIES
