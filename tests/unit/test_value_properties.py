"""Properties of reading values: what a pattern admits parses, in every column and format alike.

Belongs here: claims over all texts of a shape.
Does not belong here: single examples (test_ingest_*).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.ingest.judging.values import GivenColumn, canonical_ids_in, parse_value
from orchestration.ingest.raw_contract import Column

CONNECTION = duckdb.connect(config={"threads": 1})
CONNECTION.execute("set TimeZone = 'UTC'")
COLUMN = Column("happened_at", "timestamp", "timestamp")
ID = Column("order_id", "varchar", "text", trimmed=True)


def read(column: Column, text: str) -> object:
    given_sql, value_sql, checks = parse_value(column, GivenColumn("x", "landed", "VARCHAR"))
    row = CONNECTION.execute(
        f"select {value_sql} from (select {given_sql} as given_{column.name} "
        "from (select $1 as landed))",
        [text],
    ).fetchone()
    assert row is not None
    assert checks
    return row[0]


@st.composite
def timestamps(draw: st.DrawFn) -> tuple[str, datetime]:
    """A text that the contract admits, and the instant it means in UTC."""
    day = draw(st.datetimes(datetime(1990, 1, 2), datetime(2199, 1, 1)))
    places = draw(st.sampled_from(["minutes", "seconds", "1", "3", "6", "9"]))
    text = day.strftime("%Y-%m-%d") + draw(st.sampled_from("T ")) + day.strftime("%H:%M")
    instant = day.replace(second=0, microsecond=0)
    if places != "minutes":
        text += day.strftime(":%S")
        instant = instant.replace(second=day.second)
    if places.isdigit():
        digits = f"{day.microsecond:06d}000"[: int(places)]
        text += f".{digits}"
        instant = instant.replace(microsecond=int(digits.ljust(6, "0")[:6]))
    kind = draw(st.sampled_from(["", "Z", "z", "UTC", " Z", " UTC", "+hh", "+hhmm", "+hh:mm"]))
    if not kind.startswith("+"):
        return text + kind, instant
    sign = draw(st.sampled_from([1, -1]))
    hours, minutes = draw(st.integers(0, 14)), 0 if kind == "+hh" else draw(st.integers(0, 59))
    written = {"+hh": f"{hours:02d}", "+hhmm": f"{hours:02d}{minutes:02d}"}
    text += draw(st.sampled_from(["", " "])) + ("+" if sign > 0 else "-")
    text += written.get(kind, f"{hours:02d}:{minutes:02d}")
    zone = timezone(sign * timedelta(hours=hours, minutes=minutes))
    return text, instant.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)


@settings(max_examples=150, deadline=None)
@given(timestamps())
def test_every_timestamp_that_the_pattern_admits_is_read_in_utc(case: tuple[str, datetime]) -> None:
    text, instant = case
    assert read(COLUMN, text) == instant, text


@pytest.mark.parametrize(
    "text", ["2026-02-30", "2026-03-01 24:00", "2026-13-01", "2026-03-01 10:60", "01.03.2026 10:00"]
)
def test_what_is_no_instant_is_none(text: str) -> None:
    assert read(COLUMN, text) is None


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**15), st.sampled_from(["{}", "{}.0", "{}.00", "'{}", " {} "]))
def test_an_id_is_the_same_however_a_spreadsheet_writes_it(number: int, form: str) -> None:
    assert read(ID, form.format(number)) == str(number)


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="abcXYZ019.-_+' ", min_size=1, max_size=12))
def test_an_id_that_no_spreadsheet_wrote_stays_as_it_is(text: str) -> None:
    written = re.fullmatch(r"\s*(\d+\.0+|'[0-9=+@-].*|.*[eE]\+\d+)\s*", text)
    if not written and text.strip():
        assert read(ID, text) == text.strip()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**9), st.sampled_from(["{}.0", '"{}.0"', '"\'{}"', '"{}"']))
def test_an_id_in_properties_is_the_one_of_its_column(number: int, form: str) -> None:
    document = '{"order_id": ' + form.format(number) + ', "price": 5.0}'
    row = CONNECTION.execute(
        f"select json_extract_string(p, '$.order_id'), p from "
        f"(select {canonical_ids_in('p')} as p from (select $1 as p))",
        [document],
    ).fetchone()
    assert row is not None
    assert row[0] == str(number)
    assert '"price": 5.0' in row[1]
