"""What can be known of the loaded rows as soon as they are loaded, long before dbt is done.

Belongs here: a sentence for each thing that a person would want to hear of the raw tables as a
whole, and the ones that make a build pointless. Does not belong here: judging single rows, and
numbers that only the models can tell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from orchestration.errors import shown
from orchestration.ingest.column_names import fold_name
from orchestration.settings.build_settings import BuildSettings
from orchestration.sql_text import text_literal

# As `row_accounting` has it, in this order; a test holds the two together.
_INVALID = (
    ("test", "coalesce(is_test, false)"),
    ("deleted", "coalesce(is_deleted, false)"),
    ("zero_value", "total_price <= 0"),
    ("failed", "status = 'failed'"),
    ("cancelled_without_time", "status = 'cancelled' and cancelled_at is null"),
)
_UNBOOKED = (
    ("after_as_of_date", "order_date > $as_of"),
    ("cancelled", "cancelled_on <= coalesce($as_of, cancelled_on)"),
    ("pending", "status = 'pending' and not $pending_is_booked"),
)
_KEYS = (
    ("orders", ("order_id",), "coalesce(updated_at, received_at)"),
    ("customers", ("customer_id",), "updated_at"),
    ("products", ("product_id",), "cast(null as timestamp)"),
    ("exchange_rates", ("date", "currency"), "cast(null as timestamp)"),
)
# Rows of these go together by file: what the last file has of a key counts.
_KEYS_OF_FILES = (
    ("order_lines", ("order_id",)),
    ("channel_daily", ("date", "channel", "campaign")),
)
_MOST_NAMES = 5
_NO_DAY = (
    "Not one event and not one order is loaded yet, so there is nothing to build from, and no day "
    "on which the data end; land some first."
)
RATE_WAYS_OUT = (
    "land exchange_rates.csv with a rate on or before that day, or leave these values empty with "
    "--var allow_missing_rates=true."
)


@dataclass(frozen=True)
class Findings:
    """What was found.

    Attributes:
        notes: a sentence for each thing worth a line.
        stops: sentences that say why a build would come to nothing.
    """

    notes: tuple[str, ...]
    stops: tuple[str, ...]


def find(
    connection: duckdb.DuckDBPyConnection,
    settings: BuildSettings,
    event_names: Mapping[str, bool] | None = None,
) -> Findings:
    """Ask the raw tables what a person would want to know before the models are built.

    Args:
        connection: the raw database.
        settings: what the build is told.
        event_names: the names that the rules know, with whether the value of such events is money;
            None where nothing is to be told of names.
    """
    connection.execute(
        f"""
        create or replace temporary table counted_orders as
        select
            *,
            {_first_of(_INVALID)} as invalid,
            coalesce(invalid, {_first_of(_UNBOOKED)}) as not_booked
        from (
            select
                order_id, upper(trim(currency)) as currency, total_price, status, is_test,
                is_deleted, cancelled_at,
                {_local_date("created_at", settings)} as order_date,
                {_local_date("cancelled_at", settings)} as cancelled_on
            from raw.orders
            where _file_id not in (
                select file_id from raw.muted_files
                where reason = 'other_order_source' and muted_from is null
            )
            qualify row_number() over (
                partition by order_id
                order by
                    coalesce(updated_at, received_at) desc nulls last, _file_id desc, _line desc
            ) = 1
        ) as latest_orders
        """,
        {"as_of": settings.as_of_date, "pending_is_booked": settings.pending_is_booked},
    )
    names = _names_that_came(connection)
    early = _as_of(connection, settings)
    missing = _missing_rates(connection, settings, _money_names(names, event_names))
    allowed = settings.allow_missing_rates
    notes = (
        *_several_currencies(connection, settings),
        *(missing if allowed else ()),
        *_undated_versions(connection),
        *_shared_ids(connection),
        *_over_refunds(connection),
        *_refunded_without_refund(connection),
        *_not_booked(connection),
        *_unknown_event_names(names, event_names),
        *_without_order(connection),
        *_open_erasures(connection),
    )
    return Findings(notes, (*early, *(() if allowed else missing)))


def reporting_currency(connection: duckdb.DuckDBPyConnection, settings: BuildSettings) -> str:
    """Return the currency that a build reports in, as `int_settings` decides it."""
    if settings.reporting_currency:
        return settings.reporting_currency
    found = _currencies(connection)
    return found[0] if len(found) == 1 else "EUR"


def _currencies(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.execute(
        """
        select currency from counted_orders
        union
        select upper(trim(currency)) from raw.channel_daily where currency is not null
        union
        select upper(trim(currency)) from raw.events where currency is not null
        order by 1
        """
    ).fetchall()
    return [str(row[0]) for row in rows]


def _first_of(reasons: Sequence[tuple[str, str]]) -> str:
    cases = " ".join(f"when {sql} then {text_literal(reason)}" for reason, sql in reasons)
    return f"case {cases} end"


def _local_date(column: str, settings: BuildSettings) -> str:
    zone = text_literal(settings.reporting_timezone)
    return f"cast(timezone({zone}, timezone('UTC', {column})) as date)"


def _as_of(connection: duckdb.DuckDBPyConnection, settings: BuildSettings) -> tuple[str, ...]:
    first = _one(
        connection,
        """
        select cast(min(day) as date) from (
            select min(occurred_at) as day from raw.events
            union all
            select min(created_at) as day from raw.orders
        ) as days
        """,
    )
    if settings.as_of_date is None:
        # Where a row was refused, that has its own sentence, and mending it may bring a day.
        is_refused = _one(connection, "select 1 from raw.quarantine limit 1")
        return () if first or is_refused else (_NO_DAY,)
    if first is None or first <= settings.as_of_date:
        return ()
    return (
        f"The as-of date {settings.as_of_date} lies before all data, which begins on {first}; "
        "name a later day with --as-of.",
    )


def _several_currencies(
    connection: duckdb.DuckDBPyConnection, settings: BuildSettings
) -> tuple[str, ...]:
    found = _currencies(connection)
    if settings.reporting_currency or len(found) < 2:
        return ()
    return (
        f"There are amounts in {', '.join(found)}, and no reporting currency is set; EUR is "
        "taken. Name another with --currency.",
    )


def _missing_rates(
    connection: duckdb.DuckDBPyConnection, settings: BuildSettings, money_names: Sequence[str]
) -> tuple[str, ...]:
    rows = connection.execute(
        f"""
        with amounts as (
            select 'order' as noun, currency, order_id as id, order_date as date
            from counted_orders
            where invalid is null

            union all

            select
                'event' as noun, upper(trim(currency)) as currency, event_id as id,
                {_local_date("occurred_at", settings)} as date
            from raw.events
            where
                value is not null
                and event_name in (select unnest($money_names))
                and _file_id not in (select file_id from raw.muted_files)
        )

        select noun, currency, count(*), min_by(id, (date, id)), min(date)
        from amounts
        where
            currency <> $reporting
            and ($as_of is null or date <= $as_of)
            and not exists (
                select 1 from raw.exchange_rates as rates
                where upper(trim(rates.currency)) = amounts.currency and rates.date <= amounts.date
            )
        group by noun, currency
        order by noun desc, currency
        """,
        {
            "reporting": reporting_currency(connection, settings),
            "as_of": settings.as_of_date,
            "money_names": list(money_names),
        },
    ).fetchall()
    if not rows:
        return ()
    told = ", ".join(
        f"{_counted(amounts, noun)} in {currency} {'has' if amounts == 1 else 'have'} no exchange "
        f"rate (first: {first}, {day})"
        for noun, currency, amounts, first, day in rows
    )
    return (f"{told}; {RATE_WAYS_OUT}",)


def _undated_versions(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    told: list[str] = []
    for table, key, time in _KEYS:
        keys = ", ".join(key)
        repeated = f"select ({keys}) from raw.{table} group by all having count(*) > 1"
        count = _one(
            connection,
            f"""
            with versions as (
                select {keys}, _row_hash, {time} as told_at
                from raw.{table}
                where ({keys}) in ({repeated})
            ),

            latest_versions as (
                select *
                from versions
                qualify told_at is not distinct from max(told_at) over (partition by {keys})
            ),

            undecided_keys as (
                select {keys}
                from latest_versions
                group by {keys}
                having count(distinct _row_hash) > 1
            )

            select count(*) from undecided_keys
            """,
        )
        if count:
            told.append(f"{count:,} of {table}")
    for table, key in _KEYS_OF_FILES:
        repeated = f"group by {', '.join(key)} having count(distinct _file_id) > 1"
        count = _one(
            connection, f"select count(*) from (select 1 from raw.{table} {repeated}) as keys"
        )
        if count:
            told.append(f"{count:,} of {table}")
    if not told:
        return ()
    return (
        f"Several versions of one key without a time that tells which is the latest "
        f"({', '.join(told)}); the last file in natural order counts.",
    )


def _shared_ids(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """Tell of ids that stand on rows that differ: a counter per device is no id."""
    told: list[str] = []
    for table, key in (("events", "event_id"), ("refunds", "refund_id")):
        # Exact copies are not in raw, and a sum of refunds that grows is one refund.
        shared = _one(
            connection,
            f"select count(*) - count(distinct hash({key})) from raw.{table} "
            f"where {key} not like '%:refunded'",
        )
        if shared:
            told.append(f"{shared:,} of {table}")
    if not told:
        return ()
    return (
        f"Rows whose id another row has that differs ({', '.join(told)}): the earliest counts, the "
        "others are filtered as id_conflict.",
    )


def _over_refunds(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    rows = connection.execute(
        """
        with counted_refunds as (
            select order_id, refund_id, amount, created_at
            from raw.refunds
            -- As staging has it: a sum is the greatest that came, and nothing beside its parts.
            where
                refund_id not like '%:refunded'
                or order_id not in (
                    select order_id from raw.refunds where refund_id like '%:transaction:%'
                )
            qualify row_number() over (
                partition by refund_id
                order by
                    case when refund_id like '%:refunded' then amount end desc nulls last,
                    received_at asc nulls last,
                    _row_hash asc
            ) = 1
        )

        select
            orders.order_id,
            sum(refunds.amount) as refunded,
            any_value(orders.total_price),
            count(*) > count(distinct (refunds.amount, refunds.created_at)) as has_twins,
            count(*) over () as orders
        from counted_refunds as refunds
        inner join counted_orders as orders on refunds.order_id = orders.order_id
        where orders.total_price > 0
        group by orders.order_id
        having sum(refunds.amount) > any_value(orders.total_price)
        order by orders.order_id
        limit 1
        """
    ).fetchall()
    if not rows:
        return ()
    order, refunded, total, has_twins, orders = rows[0]
    twins = ", two refunds of the same amount at the same instant" if has_twins else ""
    more = f"; so are {_counted(orders - 1, 'other order')}" if orders > 1 else ""
    return (
        f"More was refunded than paid: {order}, {refunded:.2f} refunded of {total:.2f}"
        f"{twins}{more}.",
    )


def _refunded_without_refund(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    count = _one(
        connection,
        """
        select count(*) from counted_orders
        where
            status in ('refunded', 'partially_refunded')
            and order_id not in (select order_id from raw.refunds where order_id is not null)
        """,
    )
    if not count:
        return ()
    say = "says" if count == 1 else "say"
    return (f"{_counted(count, 'order')} {say} refunded and no refund of them came.",)


def _not_booked(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    rows = connection.execute(
        "select not_booked, count(*) from counted_orders where not_booked is not null "
        "group by not_booked order by not_booked"
    ).fetchall()
    if not rows:
        return ()
    total = sum(int(count) for _, count in rows)
    reasons = ", ".join(f"{count:,} {reason.replace('_', ' ')}" for reason, count in rows)
    are = "is" if total == 1 else "are"
    return (f"{_counted(total, 'order')} {are} loaded and not booked: {reasons}.",)


def _names_that_came(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, int]]:
    return connection.execute(
        "select event_name, count(*) from raw.events group by event_name "
        "order by count(*) desc, event_name"
    ).fetchall()


def _money_names(
    names: Sequence[tuple[str, int]], known: Mapping[str, bool] | None
) -> tuple[str, ...]:
    money = {fold_name(name) for name, is_money in (known or {}).items() if is_money}
    return tuple(name for name, _ in names if fold_name(name) in money)


def _unknown_event_names(
    names: Sequence[tuple[str, int]], known: Mapping[str, bool] | None
) -> tuple[str, ...]:
    folded = {fold_name(name) for name in known or ()}
    unknown = [] if known is None else [one for one in names if fold_name(one[0]) not in folded]
    if not unknown:
        return ()
    listed = ", ".join(shown(name) for name, _ in unknown[:_MOST_NAMES])
    more = ", …" if len(unknown) > _MOST_NAMES else ""
    feed = "feeds" if len(unknown) == 1 else "feed"
    rows = _counted(sum(events for _, events in unknown), "event")
    return (
        f"{_counted(len(unknown), 'event name')} {feed} no signal, with {rows}: "
        f"{listed}{more}; lifecycle map lists all of them and proposes a signal for each.",
    )


def _without_order(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """Refunds and lines are told when their order lies nowhere; it may still come."""
    counts = [
        (
            noun,
            _one(
                connection,
                f"select count(*) from raw.{table} where order_id not in "
                "(select order_id from raw.orders)",
            ),
        )
        for noun, table in (("refund", "refunds"), ("order line", "order_lines"))
    ]
    told = [_counted(count, noun) for noun, count in counts if count]
    if not told:
        return ()
    return (f"Of orders that are not there and count nowhere: {' and '.join(told)}.",)


def _open_erasures(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    count = _one(
        connection,
        """
        select count(distinct customer_id) from raw.erasure_requests
        where
            customer_id in (select customer_id from raw.customers)
            or customer_id in (select customer_id from raw.orders where customer_id is not null)
            or customer_id in (select user_id from raw.events where user_id is not null)
        """,
    )
    if not count:
        return ()
    are = "is" if count == 1 else "are"
    return (
        f"{_counted(count, 'erasure request')} {are} open: a build erases that customer before it "
        "makes anything of the rows.",
    )


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> Any:
    row = connection.execute(sql).fetchone()
    return row[0] if row else None
