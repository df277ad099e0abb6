"""Who is erased: the ids of the persons asked for, and what is known by these ids.

Belongs here: ids merged into a customer, anonymous ids linked to them alone, their orders, accounts
of which they are the only members. Does not belong here: removing anything.

Raw is asked, not the marts: a person must be erasable before the first build, and wholly, whatever
`as_of_date` a build had. `tests/pipeline/test_erasure.py` holds it against what dbt makes of it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import duckdb

from orchestration.errors import InputError, shown
from orchestration.ingest.erased.tombstones import is_distinctive
from orchestration.sql_text import text_literal

# What dbt's stg_email_links finds: the customers of other sources that an address links.
_EMAIL_LINKS = """
with addressed_customers as (
    select customers.customer_id, lower(trim(customers.email)) as address,
        sources.fills_orders, sources.link_by_email
    from raw.customers as customers
    left join raw.source_files as source_files on customers._file_id = source_files.file_id
    inner join raw.sources as sources on coalesce(source_files.source, 'contract') = sources.source
    where customers.email is not null and (select count(*) from raw.sources) > 1
),

sole_buyers as (
    select address, min(customer_id) as customer_id
    from addressed_customers where fills_orders
    group by address having count(distinct customer_id) = 1
)

select others.customer_id, min(sole_buyers.customer_id)
from addressed_customers as others
inner join sole_buyers on others.address = sole_buyers.address
where
    not others.fills_orders and others.link_by_email
    and others.customer_id not in (
        select buyers.customer_id from addressed_customers as buyers where buyers.fills_orders
    )
group by others.customer_id having count(distinct sole_buyers.customer_id) = 1
"""
_MERGES = """
select from_customer_id, max_by(into_customer_id, (merged_at, into_customer_id))
from raw.customer_merges group by from_customer_id
"""


@dataclass(frozen=True)
class Persons:
    """All ids of the persons that are erased.

    Attributes:
        customers: customer ids, with those merged into them.
        visitors: anonymous ids linked to them alone.
        orders: their orders.
        accounts: accounts without another member.
        addresses: their e-mail addresses and telephone numbers, as they stand in raw.
        found: how many of those asked for have any row.
    """

    customers: tuple[str, ...]
    visitors: tuple[str, ...]
    orders: tuple[str, ...]
    accounts: tuple[str, ...]
    addresses: tuple[str, ...]
    found: int

    @property
    def buried(self) -> tuple[str, ...]:
        """The ids that get a tombstone: lines and refunds are known by their order alone."""
        return (*self.customers, *self.visitors, *self.orders)

    @property
    def subjects(self) -> tuple[str, ...]:
        """The persons, and what is theirs alone, as marts name them."""
        return (
            *(f"customer:{name}" for name in self.customers),
            *(f"visitor:{name}" for name in self.visitors),
            *(f"visitor:order:{name}" for name in self.orders),
            *(f"account:{name}" for name in self.accounts),
        )

    @property
    def distinctive(self) -> tuple[str, ...]:
        """What may be looked for in any text, since it could hardly be anything else."""
        names = (*self.buried, *self.accounts)
        return (*(name for name in names if is_distinctive(name)), *self.addresses)


def find_persons(
    connection: duckdb.DuckDBPyConnection, asked: Sequence[str], excluded_ids: Collection[str]
) -> Persons:
    """Return everything that the persons asked for are known by.

    Args:
        connection: the raw database, with the functions of ingest.
        asked: customer ids, as people write them.
        excluded_ids: lower-case ids that are nobody's.

    Raises:
        InputError: an id is empty or a placeholder.
    """
    names = [canonical(connection, name) for name in asked]
    for given, name in zip(asked, names, strict=True):
        if not name or name.lower() in excluded_ids:
            raise InputError(f"{shown(given)} is nobody's id; name a customer id.")
    customers = _merged(connection, names, excluded_ids)
    _list(connection, "erased_customers", customers)
    visitors = _alone(connection, excluded_ids)
    _list(connection, "erased_visitors", visitors)
    orders = _column(
        connection,
        "select distinct order_id from raw.orders where customer_id in (from erased_customers) "
        "or anonymous_id in (from erased_visitors) order by 1",
    )
    _list(connection, "erased_orders", orders)
    accounts = _column(
        connection,
        "select account_id from raw.customers where account_id is not null group by account_id "
        "having bool_and(customer_id in (from erased_customers)) order by 1",
    )
    addresses = _column(
        connection,
        "select distinct unnest([email, phone]) as address from raw.customers "
        "where customer_id in (from erased_customers) order by 1",
    )
    return Persons(
        customers=tuple(customers),
        visitors=tuple(visitors),
        orders=tuple(orders),
        accounts=tuple(accounts),
        addresses=tuple(address for address in addresses if len(address) >= 6),
        found=_found(connection, names),
    )


def list_persons(connection: duckdb.DuckDBPyConnection, persons: Persons) -> None:
    """Make the tables of ids that removing rows asks."""
    _list(connection, "erased_customers", persons.customers)
    _list(connection, "erased_visitors", persons.visitors)
    _list(connection, "erased_orders", persons.orders)


def canonical(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    """Return an id as raw has it: trimmed, composed, an address as its key."""
    text = unicodedata.normalize("NFC", name.strip()).removeprefix("customer:")
    row = connection.execute("select person_id(?)", [text]).fetchone()
    return str(row[0]) if row and text else ""


def _merged(
    connection: duckdb.DuckDBPyConnection, names: Iterable[str], excluded_ids: Collection[str]
) -> list[str]:
    """Return all customers that are one person with one of these, merged either way."""
    stated = {str(one): str(other) for one, other in connection.execute(_MERGES).fetchall()}
    linked = {str(one): str(other) for one, other in connection.execute(_EMAIL_LINKS).fetchall()}
    neighbours: dict[str, set[str]] = {}
    for one, other in (linked | stated).items():
        if excluded_ids and {one.lower(), other.lower()} & set(excluded_ids):
            continue
        neighbours.setdefault(one, set()).add(other)
        neighbours.setdefault(other, set()).add(one)
    found, open_names = set(names), list(names)
    while open_names:
        for other in neighbours.get(open_names.pop(), set()) - found:
            found.add(other)
            open_names.append(other)
    return sorted(found)


def event_id_sql(column: str) -> str:
    """Return an id of an event: a null column is read from the key of its name in properties."""
    told = f"nullif(trim(json_extract_string(properties, '/{column}')), '')"
    there = f"contains(cast(properties as varchar), '\"{column}\"')"
    return f"coalesce({column}, case when {there} then {told} end)"


def _alone(connection: duckdb.DuckDBPyConnection, excluded_ids: Collection[str]) -> list[str]:
    user, visitor = event_id_sql("user_id"), event_id_sql("anonymous_id")
    placeholders = ", ".join(text_literal(name) for name in ("", *sorted(excluded_ids)))
    return _column(
        connection,
        f"""
        with id_pairs as (
            select distinct {visitor} as visitor, {user} as customer from raw.events
            union
            select distinct anonymous_id, customer_id from raw.orders
        )

        select visitor from id_pairs
        where
            visitor is not null and customer is not null
            and lower(visitor) not in ({placeholders}) and lower(customer) not in ({placeholders})
        group by visitor
        having bool_and(customer in (from erased_customers))
        order by visitor
        """,
    )


def _found(connection: duckdb.DuckDBPyConnection, names: Sequence[str]) -> int:
    _list(connection, "asked_customers", names)
    user = event_id_sql("user_id")
    return len(
        _column(
            connection,
            f"""
            select customer_id from asked_customers
            where
                customer_id in (select customer_id from raw.customers)
                or customer_id in (select customer_id from raw.orders)
                or customer_id in (select {user} from raw.events)
                or customer_id in (select from_customer_id from raw.customer_merges)
                or customer_id in (select into_customer_id from raw.customer_merges)
            """,
        )
    )


def _list(connection: duckdb.DuckDBPyConnection, table: str, names: Sequence[str]) -> None:
    connection.execute(f"create or replace temporary table {table} (customer_id varchar)")
    if names:
        connection.execute(f"insert into {table} select unnest(?)", [list(names)])


def _column(connection: duckdb.DuckDBPyConnection, sql: str) -> list[str]:
    return [str(row[0]) for row in connection.execute(sql).fetchall() if row[0] is not None]
