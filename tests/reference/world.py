"""Raw rows of a small invented shop, the settings of a build, and how they reach a landing folder.

Belongs here: the shape of the raw contract as frozen dataclasses, settings, prefixing of ids so
that many worlds share one build, and writing of landing files. Does not belong here: what any of
it means (``staging`` and the modules after it).
"""

from __future__ import annotations

import csv
import dataclasses
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path


@dataclass(frozen=True)
class Event:
    """One row of ``events``; timestamps are naive UTC."""

    event_id: str
    event_name: str
    occurred_at: datetime
    received_at: datetime | None = None
    anonymous_id: str | None = None
    user_id: str | None = None
    session_id: str | None = None
    cart_id: str | None = None
    order_id: str | None = None
    product_id: str | None = None
    quantity: Decimal | None = None
    value: Decimal | None = None
    currency: str | None = None
    properties: str | None = None
    utm_source: str | None = None
    utm_medium: str | None = None


@dataclass(frozen=True)
class Order:
    """One row of ``orders``."""

    order_id: str
    created_at: datetime
    total_price: Decimal
    customer_id: str | None = None
    anonymous_id: str | None = None
    updated_at: datetime | None = None
    cancelled_at: datetime | None = None
    delivered_at: datetime | None = None
    status: str = "paid"
    currency: str = "EUR"
    total_shipping: Decimal | None = None
    total_tax: Decimal | None = None
    cart_id: str | None = None
    is_test: bool | None = None
    is_deleted: bool | None = None
    received_at: datetime | None = None
    total_discounts: Decimal | None = None
    source_channel: str | None = None
    utm_source: str | None = None
    utm_medium: str | None = None
    affiliate_id: str | None = None
    affiliate_commission: Decimal | None = None
    referral_code: str | None = None
    promised_at: datetime | None = None


@dataclass(frozen=True)
class OrderLine:
    """One row of ``order_lines``; no lifecycle signal comes from it."""

    order_id: str
    line_number: int
    product_id: str
    quantity: Decimal
    unit_price: Decimal


@dataclass(frozen=True)
class Refund:
    """One row of ``refunds``; ``amount`` is in the order's currency."""

    refund_id: str
    order_id: str
    created_at: datetime
    amount: Decimal
    received_at: datetime | None = None


@dataclass(frozen=True)
class Customer:
    """One row of ``customers``."""

    customer_id: str
    created_at: datetime
    updated_at: datetime | None = None
    account_id: str | None = None
    is_deleted: bool | None = None
    country: str | None = None


@dataclass(frozen=True)
class CustomerMerge:
    """One row of ``customer_merges``."""

    from_customer_id: str
    into_customer_id: str
    merged_at: datetime


@dataclass(frozen=True)
class Product:
    """One row of ``products``; no lifecycle signal comes from it."""

    product_id: str
    title: str
    category: str | None = None
    unit_cost: Decimal | None = None


@dataclass(frozen=True)
class ChannelDay:
    """One row of ``channel_daily``; ``date`` is a reporting date."""

    date: date
    channel: str
    campaign: str = ""
    impressions: int | None = None
    clicks: int | None = None
    spend: Decimal | None = None
    currency: str | None = None
    followers: int | None = None
    likes: int | None = None
    comments: int | None = None
    shares: int | None = None
    podcast_downloads: int | None = None
    podcast_listeners: int | None = None


@dataclass(frozen=True)
class ExchangeRate:
    """Reporting-currency units for one unit of ``currency``, from ``date`` on."""

    date: date
    currency: str
    rate: Decimal


@dataclass(frozen=True)
class Settings:
    """What a build is told; ``staging.resolve`` decides the blanks from the data."""

    as_of_date: date | None = None
    identity_as_of: date | None = None
    known_at: datetime | None = None
    timezone: str = "UTC"
    currency: str | None = None
    fulfilment_sla_days: int = 14
    session_timeout_minutes: int = 30
    allow_missing_rates: bool = True
    pending_is_booked: bool = False
    subscription_grace_days: int = 45
    rates: tuple[ExchangeRate, ...] = ()


@dataclass(frozen=True)
class World:
    """The rows of one to four people who have nothing to do with any other world.

    ``channel_daily`` is nobody's: only the KPIs, which take all worlds together, read it.
    """

    name: str = "w"
    events: tuple[Event, ...] = ()
    orders: tuple[Order, ...] = ()
    order_lines: tuple[OrderLine, ...] = ()
    refunds: tuple[Refund, ...] = ()
    customers: tuple[Customer, ...] = ()
    customer_merges: tuple[CustomerMerge, ...] = ()
    products: tuple[Product, ...] = ()
    channel_daily: tuple[ChannelDay, ...] = ()

    def size(self) -> int:
        """How many raw rows it has: the measure by which a failing world is small."""
        return sum(len(getattr(self, table)) for table in TABLES)


TABLES = {
    "events": Event,
    "orders": Order,
    "order_lines": OrderLine,
    "refunds": Refund,
    "customers": Customer,
    "customer_merges": CustomerMerge,
    "products": Product,
    "channel_daily": ChannelDay,
}

PREFIXED = (
    "event_id",
    "anonymous_id",
    "user_id",
    "session_id",
    "cart_id",
    "order_id",
    "product_id",
    "customer_id",
    "refund_id",
    "account_id",
    "from_customer_id",
    "into_customer_id",
)


def renamed(world: World, name: str, left_alone: frozenset[str]) -> World:
    """The same world with ``name-`` before each id, save ids that count as absent."""

    def prefixed(value: str | None) -> str | None:
        if value is None or value.strip().lower() in left_alone:
            return value
        return f"{name}-{value}"

    def row_renamed(row):
        changes = {
            column.name: prefixed(getattr(row, column.name))
            for column in dataclasses.fields(row)
            if column.name in PREFIXED
        }
        return dataclasses.replace(row, **changes)

    tables = {table: tuple(map(row_renamed, getattr(world, table))) for table in TABLES}
    return World(name=name, **tables)


@dataclass(frozen=True)
class LandingOptions:
    """How rows are spread over landing files; none of it may change a mart."""

    formats: dict[str, str] = field(default_factory=dict)
    parts: int = 1
    backwards: bool = False


def write_landing(
    worlds: Sequence[World],
    settings: Settings,
    raw_dir: Path,
    options: LandingOptions | None = None,
) -> None:
    """Write all worlds of one batch into one landing folder.

    Args:
        worlds: worlds whose ids are already prefixed.
        settings: the batch's settings; its rates become ``exchange_rates``.
        raw_dir: folder to fill; made when absent.
        options: files per table, their order and their format (``csv`` or ``jsonl``).
    """
    options = options or LandingOptions()
    raw_dir.mkdir(parents=True, exist_ok=True)
    for table, row_class in TABLES.items():
        rows = [row for world in worlds for row in getattr(world, table)]
        _write_table(raw_dir, table, row_class, rows, options)
    _write_table(raw_dir, "exchange_rates", ExchangeRate, list(settings.rates), options)


def _write_table(
    raw_dir: Path, table: str, row_class: type, rows: list, options: LandingOptions
) -> None:
    if options.backwards:
        rows = rows[::-1]
    columns = [column.name for column in dataclasses.fields(row_class)]
    form = options.formats.get(table, "csv")
    if options.parts == 1:
        _write_file(raw_dir / f"{table}.{form}", columns, rows, form)
        return
    folder = raw_dir / table
    folder.mkdir(exist_ok=True)
    for part in range(options.parts):
        _write_file(folder / f"part-{part}.{form}", columns, rows[part :: options.parts], form)


def _write_file(path: Path, columns: list[str], rows: Iterable, form: str) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        if form == "jsonl":
            for row in rows:
                record = {
                    column: _as_text(getattr(row, column))
                    for column in columns
                    if getattr(row, column) is not None
                }
                file.write(json.dumps(record) + "\n")
            return
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for row in rows:
            writer.writerow([_as_text(getattr(row, column)) for column in columns])


def _as_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value)
