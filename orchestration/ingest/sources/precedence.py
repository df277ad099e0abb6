"""Which of several sources fill orders and visits, and whether their ids can live together.

Belongs here: the verdict over all files of the ledger, written anew by each run so that no order of
arrival decides it. Does not belong here: leaving rows out, which staging does and counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta

import duckdb

from orchestration.errors import InputError
from orchestration.ingest.sources.adapter import KINDS
from orchestration.ingest.sources.sources_file import Source

CONTRACT = "contract"


def note_sources(connection: duckdb.DuckDBPyConnection, sources: Iterable[Source]) -> None:
    """Write what is known of each source now; what sources.yml says may change between runs."""
    connection.execute("delete from raw.sources where source = ?", [CONTRACT])
    connection.execute(
        "insert into raw.sources values "
        "($name, $name, $name, $name, 0, true, null, null, null, false, true, false)",
        {"name": CONTRACT},
    )
    for source in sources:
        entry, adapter = source.entry, source.adapter
        until = entry.orders_until if entry else None
        connection.execute("delete from raw.sources where source = ?", [source.name])
        connection.execute(
            "insert into raw.sources values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, false)",
            [
                source.name,
                adapter.name,
                adapter.kind,
                adapter.family,
                adapter.visits,
                adapter.states_creation,
                entry.orders if entry else None,
                datetime.combine(until, time()) + timedelta(days=1) if until else None,
                entry.events if entry else None,
                entry.visits if entry else False,
                entry.link_by_email if entry else True,
            ],
        )


def decide(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """Write `raw.muted_files` anew and return a sentence per source that is left out.

    Orders, lines and refunds come from the highest kind of which an order lies there, visits from
    one behavioural source; `orders:`, `events:` and `visits:` of sources.yml say otherwise.
    """
    places = ", ".join(f"('{kind}', {place})" for place, kind in enumerate(KINDS))
    connection.execute("delete from raw.muted_files")
    connection.execute(
        f"""
        insert into raw.muted_files
        with

        kinds as (

            select * from (values {places}) as kinds(kind, place)

        ),

        ledger as (

            select
                files.file_id,
                files.table_name,
                files.rows_loaded + files.rows_duplicate as rows,
                sources.source,
                sources.kind,
                sources.orders,
                sources.orders_until,
                sources.events,
                sources.visits as is_chosen,
                sources.visits_place
            from raw.ingest_files as files
            left join raw.source_files as placed on files.file_id = placed.file_id
            inner join raw.sources as sources
                on coalesce(placed.source, '{CONTRACT}') = sources.source

        ),

        order_kind as (

            select min(kinds.place) as place
            from ledger
            inner join kinds on ledger.kind = kinds.kind
            where
                ledger.table_name = 'orders' and ledger.rows > 0 and ledger.kind <> 'mail'
                and coalesce(ledger.orders, 'by kind') = 'by kind'

        ),

        visit_source as (

            select source
            from ledger
            where table_name = 'events' and rows > 0 and visits_place is not null
            order by not is_chosen, visits_place, source
            limit 1

        )

        select
            ledger.file_id,
            'other_order_source' as reason,
            case when ledger.orders = 'until' then ledger.orders_until end as muted_from
        from ledger
        inner join kinds on ledger.kind = kinds.kind
        cross join order_kind
        where
            ledger.rows > 0
            and ledger.table_name in ('orders', 'order_lines', 'refunds')
            and case coalesce(ledger.orders, 'by kind')
                when 'always' then false
                when 'never' then true
                when 'until' then ledger.table_name = 'orders'
                else kinds.place > order_kind.place
            end

        union all

        select
            file_id,
            'other_behaviour_source' as reason,
            null as muted_from
        from ledger
        where
            rows > 0
            and table_name = 'events'
            and visits_place is not null
            and events is distinct from 'always'
            and source not in (select source from visit_source)
        """
    )
    connection.execute(
        f"""
        update raw.sources set fills_orders = source in (
            select coalesce(placed.source, '{CONTRACT}')
            from raw.ingest_files as files
            left join raw.source_files as placed on files.file_id = placed.file_id
            where
                files.table_name = 'orders'
                and files.rows_loaded + files.rows_duplicate > 0
                and files.file_id not in (
                    select file_id from raw.muted_files where muted_from is null
                )
        )
        """
    )
    rows = connection.execute(
        """
        select placed.adapter, muted.reason, sum(files.rows_loaded)
        from raw.muted_files as muted
        inner join raw.ingest_files as files on muted.file_id = files.file_id
        left join raw.source_files as placed on files.file_id = placed.file_id
        where files.table_name in ('orders', 'events') and muted.muted_from is null
        group by all
        having sum(files.rows_loaded) > 0
        order by all
        """
    ).fetchall()
    told = {
        "other_order_source": ("orders", "orders come from another source", "orders: always"),
        "other_behaviour_source": ("events", "visits come from another source", "events: always"),
    }
    return tuple(
        f"{count:,} {told[reason][0]} of {adapter or 'the contract files'} are left out, for "
        f"{told[reason][1]}; {told[reason][2]} in sources.yml counts them too."
        for adapter, reason, count in rows
    )


def check_collisions(connection: duckdb.DuckDBPyConnection) -> None:
    """Refuse equal customer ids of two families that were created at different times.

    Raises:
        InputError: names the families, how many ids, and the way out.
    """
    row = connection.execute(
        f"""
        with told as (
            select
                customers.customer_id,
                sources.family,
                min(customers.created_at) as created_at
            from raw.customers as customers
            left join raw.source_files as placed on customers._file_id = placed.file_id
            inner join raw.sources as sources
                on coalesce(placed.source, '{CONTRACT}') = sources.source
            where sources.states_creation and customers.customer_id not like 'email:%'
            group by all
        )

        select left_side.family, right_side.family, count(*)
        from told as left_side
        inner join told as right_side
            on
                left_side.customer_id = right_side.customer_id
                and left_side.family < right_side.family
                and left_side.created_at <> right_side.created_at
        group by all
        order by all
        limit 1
        """
    ).fetchone()
    if row is not None:
        first, second, ids = row
        raise InputError(
            f"{ids:,} customer ids of {first} and {second} are equal, but were created at other "
            f'times: these are other people. Write prefix: "{second}-" into the entry of one of '
            "them in sources.yml, and delete raw.duckdb to load every file anew."
        )
