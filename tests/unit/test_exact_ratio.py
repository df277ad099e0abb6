"""Ratios are exact: as the fractions of Python, rounded once, half away from zero."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import floor

import duckdb
import jinja2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.settings.paths import DBT_PROJECT_DIR

SCALES = (0, 4, 8, 10)
# What is proven by floats, what is not, and both sides of where that changes.
UNITS = st.one_of(
    st.integers(-200, 200),
    st.integers(-(10**10), 10**10),
    st.integers(10**17 - 5, 10**17 + 5),
    st.integers(10**18 - 5, 10**18 + 5),
    st.integers(-(10**22), 10**22),
)


def ratio(connection: duckdb.DuckDBPyConnection, scale: int, pairs: list[tuple[int, int]]) -> list:
    """Return what SQL makes of pairs of whole numbers of 10^-scale."""
    text = (DBT_PROJECT_DIR / "macros" / "exact.sql").read_text(encoding="utf-8")
    adapter = {"dispatch": lambda _: macros["default__exact_ratio"]}
    environment = jinja2.Environment(autoescape=False)  # noqa: S701 - SQL, not a web page
    template = environment.from_string(text, globals={"adapter": adapter})
    macros = vars(template.module)
    told = macros["default__exact_ratio"]("n", "d", scale)
    one = Decimal(1).scaleb(-scale)
    rows = [(upper * one, lower * one) for upper, lower in pairs]
    connection.execute(
        f"create or replace table given (n decimal(38, {scale}), d decimal(38, {scale}))"
    )
    connection.executemany("insert into given values (?, ?)", rows)
    return [row[0] for row in connection.execute(f"select {told} from given").fetchall()]


def exact(upper: int, lower: int) -> Decimal | None:
    """Return the ratio by fractions."""
    if lower == 0:
        return None
    share = Fraction(abs(upper), abs(lower))
    whole = floor(share * 10**10 + Fraction(1, 2))
    sign = -1 if (upper < 0) != (lower < 0) else 1
    return Decimal(sign * whole).scaleb(-10)


@pytest.mark.parametrize("scale", SCALES)
@settings(deadline=None, max_examples=20)
@given(pairs=st.lists(st.tuples(UNITS, UNITS), min_size=40, max_size=80))
def test_a_ratio_is_that_of_fractions(scale: int, pairs: list[tuple[int, int]]) -> None:
    # Results below 1e17 are promised.
    kept = [pair for pair in pairs if not pair[1] or abs(pair[0] // pair[1]) < 10**16]
    with duckdb.connect() as connection:
        found = ratio(connection, scale, kept) if kept else []
    assert found == [exact(*pair) for pair in kept]


def test_half_of_the_last_decimal_goes_away_from_zero() -> None:
    # 1 / 2^11 and its odd multiples end in a 5 at the eleventh decimal.
    pairs = [(sign * odd, 2048) for odd in (1, 3, 5, 77) for sign in (1, -1)]
    with duckdb.connect() as connection:
        assert ratio(connection, 0, pairs) == [exact(*pair) for pair in pairs]


def test_what_floats_cannot_tell_is_still_exact() -> None:
    # The nearest float of the quotient lies on the other side of the half.
    pairs = [(10**17 + step, 3 * 10**6 + 1) for step in range(400)]
    with duckdb.connect() as connection:
        assert ratio(connection, 0, pairs) == [exact(*pair) for pair in pairs]
