"""What stays of an erased person's booked orders: day, amounts, lines and country, and nobody.

Belongs here: which orders, lines and refunds stand, as staging decides it, and what is left of
their rows. Does not belong here: keeping them (`ingest.erased.guest_orders`).

Times become noon of their day, so that the day stays in whatever zone it is counted, and nobody
finds the order again by its second.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from orchestration.ingest.erased.guest_orders import GuestRow
from orchestration.ingest.raw_contract import Contract
from orchestration.sql_text import text_literal

_KEPT: Mapping[str, tuple[str, ...]] = {
    "orders": (
        "status", "currency", "subtotal_price", "total_discounts", "total_shipping", "total_tax",
        "total_price", "taxes_included", "shipping_tax", "is_test", "is_deleted",
    ),
    "order_lines": ("line_number", "product_id", "quantity", "unit_price", "total_discount"),
    "refunds": ("amount",),
}  # fmt: skip
# Staging takes the last file in this order (macro `natural_order`).
_NATURAL = (
    "list_transform(regexp_extract_all(path, '[0-9]+|[^0-9]+'), lambda part: case "
    "when part < ':' and part >= '0' then lpad(ltrim(part, '0'), 30, '0') else part end)"
)


@dataclass(frozen=True)
class Guests:
    """The rows that stay, and the new id of each order that had another."""

    rows: list[GuestRow]
    orders: dict[str, str]


def make_guests(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    receipt: str,
    *,
    timezone: str,
    pending_is_booked: bool,
) -> Guests:
    """Return what stays of the orders in `erased_orders`; only temporary tables are written."""
    pending = "" if pending_is_booked else "and status <> 'pending'"
    connection.execute(
        f"""
        create or replace temporary table standing_orders as
        with places as ({_places("orders")}),

        countries as (
            select customer_id, max(country) as country from raw.customers
            where customer_id in (from erased_customers) group by customer_id
        ),

        ranked_rows as (
            select orders.*, places.path,
                coalesce(orders.country, countries.country) as known_country,
                row_number() over (
                    partition by order_id
                    order by
                        coalesce(updated_at, received_at) desc nulls last,
                        greatest(cancelled_at, delivered_at, created_at) desc,
                        places.place desc nulls last,
                        orders._row_hash desc
                ) as rank
            from raw.orders as orders
            inner join places on orders._row_hash = places.row_hash
            left join countries on orders.customer_id = countries.customer_id
            where
                order_id in (from erased_orders)
                and {_not_muted("orders")}
                and created_at <= coalesce(received_at, _loaded_at) + interval 24 hours
        )

        select * from ranked_rows
        where
            rank = 1 and total_price > 0 and cancelled_at is null
            and status not in ('failed', 'cancelled') {pending}
            and not coalesce(is_test, false) and not coalesce(is_deleted, false)
        """
    )
    orders = _rows(
        connection,
        f"select order_id, path, {_noon('created_at', timezone)} as created_at, "
        f"{_noon('received_at', timezone)} as received_at, known_country as country, _loaded_at, "
        f"{_texts('orders')} from standing_orders order by order_id",
    )
    new_ids = {str(row["order_id"]): f"erased:{secrets.token_hex(8)}" for row in orders}
    lines = _rows(
        connection,
        f"""
        with places as ({_places("order_lines")}),

        standing_rows as (
            select lines.*, places.path, places.place,
                max(places.place) over (partition by order_id) as last_place,
                row_number() over (
                    partition by order_id, line_number
                    order by places.place desc, lines._row_hash desc
                ) as rank
            from raw.order_lines as lines
            inner join places on lines._row_hash = places.row_hash
            where order_id in (select order_id from standing_orders) and {_not_muted("lines")}
        )

        select order_id, path, _loaded_at, {_texts("order_lines")} from standing_rows
        where place = last_place and rank = 1 order by order_id, line_number
        """,
    )
    refunds = _rows(
        connection,
        f"""
        with places as ({_places("refunds")}),

        dated_orders as (
            select order_id from raw.refunds where refund_id like '%:transaction:%'
        ),

        standing_rows as (
            select refunds.*, places.path,
                row_number() over (
                    partition by refund_id
                    order by
                        case when refund_id like '%:refunded' then amount end desc nulls last,
                        received_at asc nulls last, refunds._row_hash asc
                ) as rank
            from raw.refunds as refunds
            inner join places on refunds._row_hash = places.row_hash
            where
                order_id in (select order_id from standing_orders) and {_not_muted("refunds")}
                and not (
                    refund_id like '%:refunded' and order_id in (select order_id from dated_orders)
                )
        )

        select order_id, path, {_noon("created_at", timezone)} as created_at,
            {_noon("received_at", timezone)} as received_at, _loaded_at, {_texts("refunds")}
        from standing_rows where rank = 1 order by refund_id
        """,
    )
    for row in refunds:
        row["refund_id"] = f"erased:{secrets.token_hex(8)}"
    return Guests(
        rows=[
            _guest(receipt, table, row, new_ids)
            for table, rows in (("orders", orders), ("order_lines", lines), ("refunds", refunds))
            if table in contract.table_names
            for row in rows
        ],
        orders=new_ids,
    )


def _guest(receipt: str, table: str, row: dict[str, Any], new_ids: Mapping[str, str]) -> GuestRow:
    path = str(row.pop("path"))
    # A hash of what the row was would find it again; a random one finds nothing.
    row |= {"order_id": new_ids[str(row["order_id"])], "_row_hash": secrets.randbits(64)}
    return GuestRow(receipt, table, path, row)


def _places(table: str) -> str:
    """The last file, in natural order of path, under which each content came."""
    return f"""
        select contents.row_hash, max(files.place) as place,
            max_by(files.path, files.place) as path
        from (
            select _row_hash as row_hash, _file_id as file_id from raw.{table}
            union all
            select row_hash, file_id from raw.ingest_copies where table_name = '{table}'
        ) as contents
        inner join (
            select file_id, path,
                row_number() over (order by {_NATURAL}, path, file_id) as place
            from raw.ingest_files where table_name = '{table}'
        ) as files on contents.file_id = files.file_id
        group by contents.row_hash
    """


def _not_muted(alias: str) -> str:
    dated = f"{alias}.created_at" if alias != "lines" else "null"
    return f"""not exists (
        select 1 from raw.muted_files as muted
        where muted.file_id = {alias}._file_id and muted.reason = 'other_order_source'
            and (muted.muted_from is null or {dated} >= muted.muted_from)
    )"""


def _noon(column: str, timezone: str) -> str:
    local = f"timezone({text_literal(timezone)}, timezone('UTC', {column}))"
    return f"cast(cast(cast({local} as date) as timestamp) + interval 12 hours as varchar)"


def _texts(table: str) -> str:
    return ", ".join(f"cast({column} as varchar) as {column}" for column in _KEPT[table])


def _rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    result = connection.execute(sql)
    names = [str(column[0]) for column in result.description or ()]
    return [
        {
            name: str(value) if name == "_loaded_at" else value
            for name, value in zip(names, row, strict=True)
        }
        for row in result.fetchall()
    ]
