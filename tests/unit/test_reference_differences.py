"""Rows beside rows: what counts as a difference, and that every kind of it is told."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from tests.reference.differences import TOLD, differences


@dataclass(frozen=True)
class Row:
    name: str
    value: Any


@pytest.mark.parametrize(
    ("expected", "published"),
    [
        (Decimal("1.5"), Decimal("1.50")),
        (None, None),
        ("a", "a"),
        # Ten decimals of a share, and a float that was rounded to its last place.
        (Fraction(1, 3), Decimal("0.3333333333")),
        (12.345650001, Decimal("12.3457")),
        (1e6, 1e6 + 1e-3),
    ],
)
def test_what_is_as_near_as_it_can_be_is_no_difference(expected: Any, published: Any) -> None:
    assert not differences([Row("r", expected)], [{"name": "r", "value": published}], ["name"])


@pytest.mark.parametrize(
    ("expected", "published"),
    [
        (Decimal("1.5"), Decimal("1.5001")),
        (None, Decimal(0)),
        (0.0, None),
        (Fraction(1, 3), Decimal("0.3333333403")),
        (12.34561, Decimal("12.3457")),
        (True, False),
    ],
)
def test_what_is_further_apart_is_told(expected: Any, published: Any) -> None:
    (line,) = differences([Row("r", expected)], [{"name": "r", "value": published}], ["name"])
    assert line == f"('r',) value: expected {expected}, published {published}"


def test_rows_of_one_side_are_told_and_the_rest_is_counted() -> None:
    expected = [{"name": f"{number:02}"} for number in range(TOLD)]
    lines = differences(expected, [{"name": "more"}], ["name"])
    assert lines[0] == "('00',): not published"
    assert lines[-1] == f"{TOLD + 1} differences"
    assert differences([], [{"name": "more"}], ["name"]) == ["('more',): not expected"]
    with pytest.raises(AssertionError, match="published twice"):
        differences([], [{"name": "more"}] * 2, ["name"])


def test_how_near_numbers_have_to_be_may_hang_on_the_column() -> None:
    expected, published = [{"name": 1, "rate_low": 0.5}], [{"name": 1, "rate_low": 0.51}]
    assert differences(expected, published, ["name"])
    assert not differences(expected, published, ["name"], {"_low": 0.1})
