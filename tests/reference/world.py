"""Raw rows of a small invented shop, the settings of a build, and how they reach a landing folder.

Belongs here: the shape of the raw contract as frozen dataclasses, settings, prefixing of ids so
that many worlds share one build, and writing of landing files. Does not belong here: what any of
it means (``staging`` and the modules after it).
"""

from __future__ import annotations

import csv
import dataclasses
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.reference.texts import is_null_word

# Which of a table's files a row lies in where that decides something; no column of the contract.
DELIVERY = 1


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
    page_url: str | None = None
    referrer: str | None = None
    utm_source: str | None = None
    utm_medium: str | None = None
    utm_campaign: str | None = None
    device_type: str | None = None
    country: str | None = None
    properties: str | None = None


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
    utm_campaign: str | None = None
    country: str | None = None
    affiliate_id: str | None = None
    affiliate_commission: Decimal | None = None
    referral_code: str | None = None
    coupon_code: str | None = None
    promised_at: datetime | None = None
    taxes_included: bool | None = None
    shipping_tax: Decimal | None = None
    delivery: int = DELIVERY


@dataclass(frozen=True)
class OrderLine:
    """One row of ``order_lines``; no lifecycle signal comes from it."""

    order_id: str
    line_number: int
    product_id: str
    quantity: Decimal
    unit_price: Decimal
    delivery: int = DELIVERY
    total_discount: Decimal | None = None


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
    delivery: int = DELIVERY
    acquisition_channel: str | None = None
    marketing_consent: bool | None = None


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
    brand: str | None = None
    unit_cost: Decimal | None = None
    delivery: int = DELIVERY


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
    reach: int | None = None
    delivery: int = DELIVERY


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
    renewal_slack_days: int = 3
    kpi_history_days: int = 1827
    fiscal_year_start_month: int = 1
    rfm_window_days: int = 0
    own_domains: tuple[str, ...] = ()
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

WHOLE_DELIVERIES = {"order_lines", "channel_daily"}

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

_SMALL_NUMBER = re.compile(r"('?)([0-9]{1,3})(\.0+)?")


def renamed(world: World, name: str, left_alone: frozenset[str]) -> World:
    """The same world with ids of its own, save those that count as absent.

    ``w0007`` goes before each id; a number keeps being one, so that ``5.0`` is still ``5``.
    """

    def prefixed(value: str | None) -> str | None:
        if value is None or is_null_word(value) or value.strip().lower() in left_alone:
            return value
        plain = _SMALL_NUMBER.fullmatch(value.strip())
        if plain:
            return f"{plain[1]}9{name[-4:]}{int(plain[2]):03d}{plain[3] or ''}"
        return f"{name}-{value}"

    def property_renamed(key: str, value: Any) -> Any:
        if not key.endswith("_id") or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return prefixed(value)
        return json.loads(prefixed(str(value)) or "") if isinstance(value, (int, float)) else value

    def row_renamed(row):
        changes = {
            column.name: prefixed(getattr(row, column.name))
            for column in dataclasses.fields(row)
            if column.name in PREFIXED
        }
        if getattr(row, "properties", None):
            found = json.loads(row.properties)
            told = {key: property_renamed(key, value) for key, value in found.items()}
            changes["properties"] = json.dumps(told)
        return dataclasses.replace(row, **changes)

    tables = {table: tuple(map(row_renamed, getattr(world, table))) for table in TABLES}
    return World(name=name, **tables)


@dataclass(frozen=True)
class LandingOptions:
    """How rows are spread over landing files; none of it may change a mart.

    Lines and channel rows stay in the file of their delivery: rows of one key that lie in one
    file belong together.
    """

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
    columns = [column.name for column in dataclasses.fields(row_class) if column.name != "delivery"]
    form = options.formats.get(table, "csv")
    deliveries = sorted({getattr(row, "delivery", DELIVERY) for row in rows})
    if options.parts == 1 and deliveries in ([], [DELIVERY]):
        _write_file(raw_dir / f"{table}.{form}", columns, rows, form)
        return
    folder = raw_dir / table
    folder.mkdir(exist_ok=True)
    parts = 1 if table in WHOLE_DELIVERIES else options.parts
    for delivery in deliveries or [DELIVERY]:
        chosen = [row for row in rows if getattr(row, "delivery", DELIVERY) == delivery]
        for part in range(parts):
            path = folder / f"part-{delivery}-{part}.{form}"
            _write_file(path, columns, chosen[part::parts], form)


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
