"""Raw rows that a build knows and an older one did not, by what they can have changed, and whose.

Belongs here: which rows are new to the newer build, the cause each of them is, the subject it
speaks of and the first day it can change. Does not belong here: what did change.

A row is new if it was loaded after the older build, or if it is dated after that build's as-of
date. It matters only as far as it speaks of days up to the older as-of date.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import duckdb

from orchestration.changes.causes import ALWAYS, Cause
from orchestration.changes.version import Version, day_after
from orchestration.sql_text import date_literal, text_literal

_IS_VOID = "(status in ('cancelled', 'voided', 'refunded', 'failed') or cancelled_at is not null)"


@dataclass(frozen=True)
class Span:
    """What the two builds know.

    Attributes:
        built_at: when the older one was published, naive UTC.
        told_until: instant at which the days end that both speak of, naive UTC.
        known_until: instant at which the days of the one that speaks of more end; None if unknown.
        timezone: in which days begin.
    """

    built_at: datetime
    told_until: datetime
    known_until: datetime | None
    timezone: str


def span_between(before: Version, as_of: date | None) -> Span:
    """Return what an older version and a build with an as-of date know; None is not known yet."""
    zone = ZoneInfo(before.timezone)
    told = before.as_of if as_of is None else min(before.as_of, as_of)
    known = None if as_of is None else max(before.as_of, as_of)
    return Span(
        before.built_at,
        _end_of(told, zone),
        None if known is None else _end_of(known, zone),
        before.timezone,
    )


def find_arrivals(connection: duckdb.DuckDBPyConnection, span: Span) -> None:
    """Make the temporary table `arrivals` (`cause, subject_id, first_on`) of a connection.

    `subject_id` is null for what is nobody's, such as a rate. The connection has the raw database
    attached as `raw_db` and the older version as `before`.
    """
    for name, value in (
        ("built_at", span.built_at),
        ("told_until", span.told_until),
        ("known_until", span.known_until or datetime.max),
    ):
        connection.execute(f"set variable {name} = ?::timestamp", [value])
    zone = text_literal(span.timezone)
    connection.execute(
        "create or replace temp macro day_of(instant) as "
        f"cast(timezone({zone}, timezone('UTC', instant)) as date)"
    )
    connection.execute(_KNOWN_FILES)
    connection.execute(_TOLD_ORDERS)
    connection.execute(
        "create or replace temp table arrivals (cause varchar, subject_id varchar, first_on date)"
    )
    parts = (*_PARTS, *((_ERASURES,) if _has_table(connection, "erasures") else ()))
    for part in parts:
        connection.execute(
            "insert into arrivals "
            f"select cause, subject_id, coalesce(first_on, {date_literal(ALWAYS)}) from ({part})"
        )
    connection.execute(_WHOM_IT_CONCERNS_TOO)


def causes_of_rows(connection: duckdb.DuckDBPyConnection) -> Mapping[Cause, date]:
    """Return the first day that rows of each cause can have changed, of those that there are."""
    found = connection.execute("select cause, min(first_on) from arrivals group by cause")
    return {Cause(cause): first_on for cause, first_on in found.fetchall()}


def _end_of(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant at which a reporting day ends, in UTC without an offset."""
    midnight = datetime.combine(day_after(day), time(), tzinfo=zone)
    return midnight.astimezone(ZoneInfo("UTC")).replace(tzinfo=None)


def _has_table(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    found = connection.execute(
        "select 1 from duckdb_tables() "
        "where database_name = 'raw_db' and schema_name = 'raw' and table_name = ?",
        [name],
    ).fetchone()
    return found is not None


# A raw database made anew has loaded all its files after the older build: what they brought is
# known to it all the same, as its own accounting of rows says.
_KNOWN_FILES = """
create or replace temp table known_files as
select files.file_id
from raw_db.raw.ingest_files as files
inner join (
    select path
    from raw_db.raw.ingest_files
    group by path
    having (path, sum(rows_read), sum(rows_loaded)) in (
        select (name, rows_read, rows_kept) from before.marts.row_accounting where scope = 'file'
    )
) as unchanged on files.path = unchanged.path
where files.loaded_at > getvariable('built_at')
"""


def _is_new(table: str, dated_by: str | None = None) -> str:
    """Say whether a row is new to the newer build: loaded since, or dated after the older one."""
    loaded = (
        f"{table}._loaded_at > getvariable('built_at') "
        f"and {table}._file_id not in (select file_id from known_files)"
    )
    if dated_by is None:
        return f"({loaded})"
    return (
        f"(({loaded}) or {table}.{dated_by} >= getvariable('told_until')) "
        f"and {table}.{dated_by} < getvariable('known_until')"
    )


_IS_TOLD = "< getvariable('told_until')"
_ORDER_SUBJECT = (
    "coalesce('customer:' || customer_id, 'visitor:' || anonymous_id, 'visitor:order:' || order_id)"
)
# Orders of the days that both builds speak of, of which something is new, with whose they are.
_TOLD_ORDERS = f"""
create or replace temp table told_orders as
with concerned as (
    select order_id from raw_db.raw.orders as orders where {_is_new("orders")}
    union
    select order_id
    from raw_db.raw.orders
    where cancelled_at >= getvariable('told_until') and cancelled_at < getvariable('known_until')
    union
    select order_id from raw_db.raw.refunds as refunds where {_is_new("refunds", "created_at")}
    union
    select order_id from raw_db.raw.order_lines as order_lines where {_is_new("order_lines")}
)

select
    order_id,
    max({_ORDER_SUBJECT}) as subject_id,
    day_of(min(created_at)) as first_on,
    bool_or({_is_new("orders")}) as has_new_row,
    bool_or(not {_is_new("orders")})
    and bool_or({_IS_VOID} and coalesce(cancelled_at < getvariable('known_until'), true))
    and not bool_or(
        not {_is_new("orders")} and {_IS_VOID} and coalesce(cancelled_at {_IS_TOLD}, true)
    ) as has_become_void
from raw_db.raw.orders as orders
where created_at {_IS_TOLD} and order_id in (select order_id from concerned)
group by order_id
"""

_PARTS = (
    # --- erasure: asked for
    f"""
    select 'erasure' as cause, 'customer:' || customer_id as subject_id, null::date as first_on
    from raw_db.raw.erasure_requests as requests
    where {_is_new("requests")}
    """,
    # --- merges: both customers, from the first fact of either
    f"""
    with merged as (
        select unnest([from_customer_id, into_customer_id]) as customer_id, from_customer_id
        from raw_db.raw.customer_merges as merges
        where {_is_new("merges", "merged_at")}
    ),

    facts as (
        select user_id as customer_id, occurred_at as fact_at
        from raw_db.raw.events
        where user_id in (select customer_id from merged)
        union all
        select customer_id, created_at
        from raw_db.raw.orders
        where customer_id in (select customer_id from merged)
    ),

    spans as (
        select merged.from_customer_id, min(facts.fact_at) as first_at
        from merged
        inner join facts on merged.customer_id = facts.customer_id
        group by merged.from_customer_id
    )

    select
        'merge_or_link' as cause,
        'customer:' || merged.customer_id as subject_id,
        day_of(spans.first_at) as first_on
    from merged
    inner join spans on merged.from_customer_id = spans.from_customer_id
    where spans.first_at {_IS_TOLD}
    """,
    # --- links: a device that has done something is told to be a customer's for the first time
    f"""
    with new_pairs as (
        select anonymous_id, user_id
        from raw_db.raw.events as events
        where anonymous_id is not null and user_id is not null
            and {_is_new("events", "occurred_at")}
        group by anonymous_id, user_id
    ),

    known_facts as (
        select anonymous_id, user_id, occurred_at as fact_at
        from raw_db.raw.events as events
        where anonymous_id in (select anonymous_id from new_pairs)
            and occurred_at {_IS_TOLD} and not {_is_new("events")}
        union all
        select anonymous_id, customer_id, created_at
        from raw_db.raw.orders as orders
        where anonymous_id in (select anonymous_id from new_pairs)
            and created_at {_IS_TOLD} and not {_is_new("orders")}
    ),

    links as (
        select new_pairs.anonymous_id, new_pairs.user_id, min(known_facts.fact_at) as first_at
        from new_pairs
        inner join known_facts on new_pairs.anonymous_id = known_facts.anonymous_id
        group by new_pairs.anonymous_id, new_pairs.user_id
        having not bool_or(coalesce(known_facts.user_id = new_pairs.user_id, false))
    )

    select
        'merge_or_link' as cause,
        unnest(['visitor:' || anonymous_id, 'customer:' || user_id]) as subject_id,
        day_of(first_at) as first_on
    from links
    """,
    # --- refunds of told orders, and orders that have become void
    f"""
    select
        'refund_or_cancellation' as cause,
        told_orders.subject_id,
        told_orders.first_on
    from raw_db.raw.refunds as refunds
    inner join told_orders on refunds.order_id = told_orders.order_id
    where {_is_new("refunds", "created_at")}
    union all
    select 'refund_or_cancellation', subject_id, first_on
    from told_orders
    where has_become_void
    """,
    # --- late facts, and corrections of known ones
    f"""
    select
        'late_fact' as cause,
        coalesce('customer:' || user_id, 'visitor:' || anonymous_id) as subject_id,
        day_of(min(occurred_at)) as first_on
    from raw_db.raw.events as events
    where {_is_new("events")} and occurred_at {_IS_TOLD}
    group by 2
    union all
    select 'late_fact', subject_id, first_on
    from told_orders
    where has_new_row and not has_become_void
    union all
    select 'late_fact', told_orders.subject_id, told_orders.first_on
    from raw_db.raw.order_lines as order_lines
    inner join told_orders on order_lines.order_id = told_orders.order_id
    where {_is_new("order_lines")}
    union all
    select 'late_fact', 'customer:' || customer_id, day_of(created_at)
    from raw_db.raw.customers as customers
    where {_is_new("customers")} and created_at {_IS_TOLD}
    union all
    select 'late_fact', null, null::date
    from raw_db.raw.products as products
    where {_is_new("products")} and product_id in (
        select product_id from raw_db.raw.products as known where not {_is_new("known")}
    )
    union all
    select 'late_fact', null, "date"
    from raw_db.raw.channel_daily as channel_daily
    where {_is_new("channel_daily")} and "date" < day_of(getvariable('told_until'))
    """,
    # --- rates
    f"""
    select 'rate' as cause, null::varchar as subject_id, "date" as first_on
    from raw_db.raw.exchange_rates as rates
    where {_is_new("rates")} and "date" < day_of(getvariable('told_until'))
    """,
)
# What `lifecycle erase` and requests took out of raw: the ids are gone, the day is not.
_ERASURES = """
select 'erasure' as cause, null::varchar as subject_id, null::date as first_on
from raw_db.raw.erasures
where erased_at > getvariable('built_at')
"""
# The customer whose device it is, the one that a customer was merged into, and their account.
_WHOM_IT_CONCERNS_TOO = """
insert into arrivals
with recursive

devices as (
    select 'visitor:' || anonymous_id as subject_id, 'customer:' || user_id as owner_id
    from raw_db.raw.events
    where user_id is not null and anonymous_id in (
        select substr(subject_id, 9) from arrivals where subject_id like 'visitor:%'
    )
    group by anonymous_id, user_id
),

merges as (
    select
        'customer:' || from_customer_id as subject_id,
        'customer:' || into_customer_id as owner_id
    from raw_db.raw.customer_merges
),

owned as (
    select cause, owner_id as subject_id, first_on
    from arrivals
    inner join devices on arrivals.subject_id = devices.subject_id
    union
    select cause, owner_id, first_on
    from arrivals
    inner join merges on arrivals.subject_id = merges.subject_id
    union
    select cause, owner_id, first_on
    from owned
    inner join merges on owned.subject_id = merges.subject_id
),

concerned as (
    select cause, subject_id, first_on from arrivals
    union
    select cause, subject_id, first_on from owned
)

select cause, subject_id, first_on from owned
union
select concerned.cause, 'account:' || subjects.account_id, concerned.first_on
from concerned
inner join before.marts.subjects as subjects on concerned.subject_id = subjects.subject_id
where subjects.account_id is not null and subjects.subject_type = 'person'
"""
