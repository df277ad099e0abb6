"""Values that only the persons' rows have: ids of what they did, and texts of their own.

Belongs here: which values of raw leave with the persons' rows and stay nowhere else. Does not
belong here: taking them out of marts (`published`).

A campaign that one person came by, or the reason they gave for a refund, stands in marts as a group
of its own. Words that many mean the same by (statuses, countries, names of events) are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from orchestration.privacy.raw_rows import owned_sql
from orchestration.sql_text import text_literal

_TABLES = ("events", "orders", "refunds", "customers")
# Name of a value to where it stands; of the same name, no row of any of these may have it.
_IDS = {
    "event_id": ("events",),
    "session_id": ("events",),
    "cart_id": ("events", "orders"),
    "subscription_id": ("orders",),
    "refund_id": ("refunds",),
}
_TEXTS = {
    "page_url": ("events",),
    "referrer": ("events",),
    "utm_source": ("events", "orders"),
    "utm_campaign": ("events", "orders"),
    "source_channel": ("orders",),
    "affiliate_id": ("orders",),
    "referral_code": ("orders",),
    "coupon_code": ("orders",),
    "reason": ("refunds",),
    "acquisition_channel": ("customers",),
}
# What marts make of an address.
_PARTS = (
    ("regexp_extract(page_url, '^[a-z]+://[^/]+(/[^?#]*)', 1)", "events"),
    ("regexp_extract(referrer, '://([^/:?#]+)', 1)", "events"),
)
_SHORTEST = 4


@dataclass(frozen=True)
class OwnValues:
    """Values that are the persons' alone: `ids` of facts, and `texts`."""

    ids: tuple[str, ...]
    texts: tuple[str, ...]


def own_values(connection: duckdb.DuckDBPyConnection) -> OwnValues:
    """Return the values that leave with the persons' rows; the lists of their ids exist."""
    for table in _TABLES:
        connection.execute(
            f"create or replace temporary table own_{table} as "
            f"select rowid as row from raw.{table} where {owned_sql(table)}"
        )
    ids = {value for name, tables in _IDS.items() for value in _own(connection, name, tables)}
    texts = {value for name, tables in _TEXTS.items() for value in _own(connection, name, tables)}
    texts |= {value for part, table in _PARTS for value in _own(connection, part, (table,))}
    for key in _keys(connection):
        told = f"json_extract_string(properties, {text_literal(_pointer(key))})"
        is_id = key.casefold().endswith("id")
        (ids if is_id else texts).update(_own(connection, told, ("events",)))
    return OwnValues(
        tuple(sorted(ids)), tuple(sorted(text for text in texts if len(text) >= _SHORTEST))
    )


def _own(connection: duckdb.DuckDBPyConnection, value: str, tables: Sequence[str]) -> list[str]:
    """Values of the persons' rows that no other row has."""
    theirs = " union ".join(
        f"select {value} as value from raw.{table} where rowid in (from own_{table})"
        for table in tables
    )
    others = " union ".join(
        f"select {value} as value from raw.{table} "
        f"where rowid not in (from own_{table}) and {value} in (select value from theirs)"
        for table in tables
    )
    rows = connection.execute(
        f"with theirs as ({theirs}), others as ({others}) select value from theirs "
        "where value <> '' and value not in (select value from others) order by value"
    ).fetchall()
    return [str(row[0]) for row in rows]


def _keys(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.execute(
        "select distinct unnest(json_keys(properties)) as key from raw.events "
        "where rowid in (from own_events) order by key"
    ).fetchall()
    return [str(row[0]) for row in rows]


def _pointer(key: str) -> str:
    return "/" + key.replace("~", "~0").replace("/", "~1")
