"""A kept version without the persons: its database and its Parquet files, written anew.

Belongs here: which rows of marts name the persons, the files that take the old ones' places. Does
not belong here: which versions are kept, or their manifest (`pipeline`).

What marts add up stays as it was said. Orders that stay become nobody's here too, so that what they
add up to stays what the KPIs say.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb

from orchestration.database_files import attach_fresh
from orchestration.errors import LifecycleError, first_line
from orchestration.privacy.landing_files import compression_of, put_in_place
from orchestration.privacy.own_values import OwnValues
from orchestration.privacy.person import Persons
from orchestration.sql_text import identifier, text_literal

# What is left of an order, whatever else its marts come to say.
_ORDER_COLUMNS = frozenset(
    {
        "ordered_on", "is_booked", "status", "currency", "gross_revenue", "refunded_amount",
        "net_revenue", "discount_amount", "units", "product_cost", "country",
    }
)  # fmt: skip
_LINE_COLUMNS = frozenset(
    {
        "line_number", "product_id", "category", "brand", "quantity", "unit_price", "net_amount",
        "unit_cost",
    }
)  # fmt: skip
# Stands in marts, logs and alerts for what named somebody.
MASK = "(erased)"
_MARTS_OF_ORDERS = {"orders": _ORDER_COLUMNS, "order_lines": _LINE_COLUMNS}


def rewrite_version(
    database: Path,
    parquet: Path,
    persons: Persons,
    own: OwnValues,
    guests: Mapping[str, str],
    note: Callable[[dict[str, int]], None],
) -> None:
    """Write database and Parquet files of a version anew, if they name a person.

    Args:
        database: the version's DuckDB file.
        parquet: the folder with a Parquet file per mart.
        persons: who is erased.
        own: values that are theirs alone.
        guests: the new id of each order that stays.
        note: is told before the files change how many rows left or changed, by mart; not called if
            nothing had to.

    Raises:
        LifecycleError: the version cannot be read or written.
    """
    fresh = database.with_name(f".erasing-{database.name}")
    for leftover in (fresh, fresh.with_name(fresh.name + ".wal")):
        leftover.unlink(missing_ok=True)
    changed: dict[str, int] = {}
    try:
        with _opened(database) as connection:
            attach_fresh(connection, fresh, "fresh")
            tables = connection.execute(
                "select schema_name, table_name from duckdb_tables() "
                "where database_name = 'kept' and not internal order by table_oid"
            ).fetchall()
            _list(connection, persons, own, guests)
            for schema, table in tables:
                rows = _copy(connection, str(schema), str(table))
                if rows:
                    changed[str(table)] = rows
            connection.execute("checkpoint fresh")
            for schema, table in tables if changed else ():
                _write_parquet(connection, str(schema), str(table), parquet, changed)
    except duckdb.Error as error:
        raise LifecycleError(
            f"{database} cannot be written anew without erased persons "
            f"({type(error).__name__}: {first_line(error)})."
        ) from error
    if changed:
        note(changed)
    # Parquet first: a database that still names the person has the rest done again after a kill.
    for path in sorted(parquet.glob(".erasing-*.parquet")):
        put_in_place(path, parquet / path.name.removeprefix(".erasing-"))
    if changed:
        put_in_place(fresh, database)
    fresh.unlink(missing_ok=True)


@contextmanager
def _opened(database: Path) -> Generator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    try:
        connection.execute("set enable_progress_bar = false")
        connection.execute("set preserve_insertion_order = true")
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach {text_literal(str(database))} as kept (read_only)")
        yield connection
    finally:
        connection.close()


def _list(
    connection: duckdb.DuckDBPyConnection,
    persons: Persons,
    own: OwnValues,
    guests: Mapping[str, str],
) -> None:
    for table, names in (
        ("erased_subjects", persons.subjects),
        ("erased_accounts", persons.accounts),
        ("erased_names", (*persons.customers, *persons.visitors)),
        ("erased_orders", persons.orders),
        ("erased_texts", persons.distinctive),
        ("own_ids", own.ids),
        ("own_texts", own.texts),
    ):
        connection.execute(f"create temporary table {table} (name varchar)")
        if names:
            connection.execute(f"insert into {table} select unnest(?)", [list(names)])
    connection.execute("create temporary table guest_orders (order_id varchar, guest_id varchar)")
    if guests:
        connection.execute(
            "insert into guest_orders select unnest(?), unnest(?)",
            [list(guests), list(guests.values())],
        )


def _copy(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> int:
    """Copy a table with its comments; return how many rows left or changed."""
    columns = {
        str(name): (str(data_type), comment)
        for name, data_type, comment in connection.execute(
            "select column_name, data_type, comment from duckdb_columns() "
            "where database_name = 'kept' and schema_name = ? and table_name = ? "
            "order by column_index",
            [schema, table],
        ).fetchall()
    }
    source = f"kept.{identifier(schema)}.{identifier(table)}"
    target = f"fresh.{identifier(schema)}.{identifier(table)}"
    conditions = [
        condition
        for name, (data_type, _) in columns.items()
        if (condition := _names_person(name, data_type))
    ]
    theirs = " or ".join(conditions) or "false"
    connection.execute(f"create schema if not exists fresh.{identifier(schema)}")
    kept = _MARTS_OF_ORDERS.get(table) if "order_id" in columns else None
    selected = ", ".join(_cell(name, data_type, kept) for name, (data_type, _) in columns.items())
    stays = "not rows.is_theirs"
    guest = ""
    if kept is not None:
        stays += " or guest_orders.guest_id is not null"
        guest = "left join guest_orders on rows.is_theirs and rows.order_id = guest_orders.order_id"
    connection.execute(
        f"create table {target} as select {selected} "
        f"from (select *, {theirs} as is_theirs from {source}) as rows {guest} where {stays}"
    )
    _copy_comments(connection, schema, table, columns)
    told = " or ".join(_is_own(name, data_type) for name, (data_type, _) in columns.items())
    row = connection.execute(
        f"select count(*) from {source} as rows where {theirs} or {told}"
    ).fetchone()
    return int(row[0]) if row else 0


def _copy_comments(
    connection: duckdb.DuckDBPyConnection,
    schema: str,
    table: str,
    columns: Mapping[str, tuple[str, str | None]],
) -> None:
    target = f"fresh.{identifier(schema)}.{identifier(table)}"
    row = connection.execute(
        "select comment from duckdb_tables() "
        "where database_name = 'kept' and schema_name = ? and table_name = ?",
        [schema, table],
    ).fetchone()
    if row and row[0]:
        connection.execute(f"comment on table {target} is {text_literal(str(row[0]))}")
    for name, (_, comment) in columns.items():
        if comment:
            connection.execute(
                f"comment on column {target}.{identifier(name)} is {text_literal(comment)}"
            )


def _names_person(name: str, data_type: str) -> str:
    """Return the condition under which a column's value names a person; blank for none can."""
    column = identifier(name)
    if data_type != "VARCHAR":
        is_text = "VARCHAR" in data_type or data_type == "JSON"
        if not is_text:
            return ""
        mentions = (
            "select 1 from erased_texts where contains(cast({0} as varchar), '\"' || name || '\"')"
        )
        return f"exists ({mentions.format(f'to_json({column})')})"
    lists = ["erased_subjects", "erased_texts"]
    if name.endswith("_id"):
        lists.append("own_ids")
    if name == "account_id":
        lists.append("erased_accounts")
    elif name == "order_id" or name.endswith("_order_id"):
        lists.append("erased_orders")
    elif name in ("customer_id", "user_id", "anonymous_id", "referrer_id"):
        lists.append("erased_names")
    return "(" + " or ".join(f"coalesce({column} in (from {one}), false)" for one in lists) + ")"


def _is_own(name: str, data_type: str) -> str:
    """Return the condition under which a text is a person's own; ids are judged by row."""
    if data_type != "VARCHAR" or name.endswith("_id"):
        return "false"
    return f"coalesce(rows.{identifier(name)} in (from own_texts), false)"


def _cell(name: str, data_type: str, kept: frozenset[str] | None) -> str:
    """Return what a column becomes: the same, a mask, or what is left of it in an order."""
    column = f"rows.{identifier(name)}"
    value = column
    if data_type == "VARCHAR":
        value = f"case when {_is_own(name, data_type)} then {text_literal(MASK)} else {column} end"
    if kept is not None and name not in kept:
        instead = {
            "order_id": "guest_orders.guest_id",
            "subject_id": "'visitor:order:' || guest_orders.guest_id",
            "ordered_at": "cast(rows.ordered_on as timestamp) + interval 12 hours",
        }.get(name, "null")
        value = f"cast(case when rows.is_theirs then {instead} else {value} end as {data_type})"
    return f"{value} as {identifier(name)}"


def _write_parquet(
    connection: duckdb.DuckDBPyConnection,
    schema: str,
    table: str,
    parquet: Path,
    changed: Mapping[str, int],
) -> None:
    path = parquet / f"{table}.parquet"
    if table not in changed or not path.exists():
        return
    connection.execute(
        f"copy (from fresh.{identifier(schema)}.{identifier(table)}) "
        f"to {text_literal(str(path.with_name(f'.erasing-{path.name}')))} "
        f"(format parquet, compression {compression_of(path)})"
    )
