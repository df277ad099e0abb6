"""`lifecycle init`: looks at what lies in a landing directory and writes down how it is read.

Belongs here: the entries of sources.yml and the lifecycle.toml that fit the files.
Does not belong here: asking on a terminal and printing.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from itertools import takewhile
from pathlib import Path, PurePosixPath

import duckdb

from orchestration.errors import InputError
from orchestration.ingest.column_names import fold_name
from orchestration.ingest.contract import load_contract
from orchestration.ingest.landing_directory import LandingFile, discover
from orchestration.ingest.sources.adapter import load_adapters
from orchestration.ingest.sources.expressions import COPY_NUMBER
from orchestration.ingest.sources.recognition import (
    Header,
    Match,
    has_contract_shape,
    read_header,
    recognise,
)
from orchestration.ingest.sources.sources_file import SOURCES_FILE, unplaced_files
from orchestration.settings.project_file import PROJECT_FILE, project_text
from orchestration.small_files import write_private

# What people call the columns that matter, the likeliest first.
_EVENT_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "event_id": ("event_id", "id", "uuid", "message_id", "hit_id"),
    "event_name": ("event_name", "event", "action", "activity", "event_type", "name"),
    "occurred_at": (
        "occurred_at", "timestamp", "event_time", "time", "datetime", "ts", "date", "created_at",
    ),
    "user_id": ("user_id", "customer_id", "client_id", "member_id", "person_id", "uid", "user"),
    "anonymous_id": ("anonymous_id", "visitor_id", "device_id", "cookie_id"),
    "session_id": ("session_id", "session", "visit_id"),
    "device_type": ("device_type", "platform", "device"),
}  # fmt: skip
_ORDER_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "order_id": ("order_id", "id", "order_number", "order_no", "transaction_id", "invoice_no"),
    "created_at": ("created_at", "order_date", "ordered_at", "timestamp", "date", "datetime"),
    "total_price": (
        "total_price", "total", "order_total", "amount", "revenue", "grand_total", "order_value",
        "value", "price",
    ),
    "customer_id": ("customer_id", "user_id", "client_id", "customer", "email", "customer_email"),
    "currency": ("currency", "currency_code"),
    "status": ("status", "order_status", "state"),
    "country": ("country", "shipping_country", "country_code"),
}  # fmt: skip


@dataclass(frozen=True)
class Proposal:
    """What init would write, and what it could not make out.

    Attributes:
        sources: text of sources.yml; empty if every file is in contract shape.
        needs_currency: some source has no currency of its own.
        found: a sentence per file or source.
        unknown: files that nothing fits.
    """

    sources: str
    needs_currency: bool
    found: tuple[str, ...]
    unknown: tuple[str, ...]


def propose(raw_dir: Path, currency: str, timezone: str) -> Proposal:
    """Look at every file of a landing directory and say how it would be read.

    Args:
        raw_dir: the landing directory.
        currency: of sources that have none; blank if unknown.
        timezone: IANA zone of timestamps without an offset; blank for UTC.

    Raises:
        InputError: it is no directory.
    """
    contract, adapters = load_contract(), load_adapters()
    landing = discover(raw_dir, contract)
    files = [*landing.files, *unplaced_files(raw_dir, landing)]
    matches: dict[str, list[tuple[LandingFile, Match, Header]]] = {}
    entries: list[str] = []
    found: list[str] = []
    unknown: list[str] = []
    needs_currency = False
    with duckdb.connect() as connection:
        headers = [(file, read_header(connection, file)) for file in files]
    for file, header in headers:
        if header is None:
            unknown.append(file.name)
        elif has_contract_shape(file, header, contract):
            found.append(f"{file.name}: {file.table} in contract shape.")
        elif (match := recognise(header, adapters)) is not None:
            matches.setdefault(match.adapter.name, []).append((file, match, header))
        else:
            entry, lacks_currency = _guessed_entry(file, header, currency, timezone)
            needs_currency |= lacks_currency
            if entry:
                entries.append(entry)
                found.append(f"{file.name}: no known layout; look at the columns proposed for it.")
            else:
                unknown.append(file.name)
    every = [file.name for file in files]
    for name, placed in sorted(matches.items()):
        lacks = any(_lacks_currency(match, header) for _, match, header in placed)
        needs_currency |= lacks
        names = [file.name for file, _, _ in placed]
        found.append(
            f"{', '.join(names[:3])}{' …' if len(names) > 3 else ''}: {placed[0][1].adapter.title}."
        )
        for glob in _globs(names, every):
            lines = [f"  - files: {_text(glob)}", f"    adapter: {name}"]
            if lacks and currency:
                lines.append(f"    constants: {{currency: {currency}}}")
            entries.append("\n".join(lines))
    text = "sources:\n" + "\n".join(entries) + "\n" if entries else ""
    return Proposal(text, needs_currency, tuple(found), tuple(unknown))


def write(
    raw_dir: Path, proposal: Proposal, settings: Mapping[str, str], directory: Path, *, force: bool
) -> tuple[Path, ...]:
    """Write sources.yml into the landing directory and lifecycle.toml into the present one.

    Args:
        raw_dir: the landing directory.
        proposal: what was proposed for it.
        settings: keys of lifecycle.toml; `raw_dir` and `identity_salt` are added.
        directory: where lifecycle.toml goes.
        force: write over files that are there.

    Raises:
        InputError: a file is there already.
    """
    texts = {directory / PROJECT_FILE: _project(raw_dir, settings, directory)}
    if proposal.sources:
        texts[raw_dir / SOURCES_FILE] = proposal.sources
    for path in texts:
        if path.exists() and not force:
            raise InputError(f"{path} is there already; --force writes over it.")
    for path, text in texts.items():
        if path.name == PROJECT_FILE:  # It holds the salt.
            write_private(path, text)
        else:
            path.write_text(text, encoding="utf-8")
    return tuple(texts)


def _project(raw_dir: Path, settings: Mapping[str, str], directory: Path) -> str:
    told = {"raw_dir": os.path.relpath(raw_dir, directory), "state_dir": "var", **settings}
    return project_text({**told, "identity_salt": secrets.token_hex(16)})


def _lacks_currency(match: Match, header: Header) -> bool:
    fills_orders = match.role.name in match.adapter.tables.get("orders", ())
    spellings = match.role.columns.get("currency")
    return (
        fills_orders
        and spellings is not None
        and not header.folded.intersection(("currency", *spellings))
    )


def _guessed_entry(
    file: LandingFile, header: Header, currency: str, timezone: str
) -> tuple[str, bool]:
    """Propose the columns of a file of no known layout; blank if too little of it is understood."""
    by_fold = {fold_name(name): name for name in header.names}
    lines = [f"  - files: {_text(file.name)}"]
    constants: dict[str, str] = {}
    events = _matched(by_fold, _EVENT_COLUMNS)
    orders = _matched(by_fold, _ORDER_COLUMNS)
    lacks_currency = False
    if {"event_name", "occurred_at"} <= set(events) and {"user_id", "anonymous_id"} & set(events):
        table, columns = "events", events
        if "event_id" not in columns:
            parts = ", ".join(f'"{by_fold[fold_name(name)]}"' for name in columns.values())
            columns = {"event_id": f"= md5(concat_ws('|', {parts}, {COPY_NUMBER}))", **columns}
    elif {"order_id", "created_at", "total_price"} <= set(orders):
        table, columns = "orders", orders
        if "status" not in columns:
            constants["status"] = "paid"
        if "currency" not in columns:
            lacks_currency = True
            if currency:
                constants["currency"] = currency
    else:
        return "", False
    lines.append(f"    table: {table}")
    lines.append("    columns:")
    lines += [f"      {target}: {_text(name)}" for target, name in columns.items()]
    if constants:
        listed = ", ".join(f"{name}: {value}" for name, value in constants.items())
        lines.append(f"    constants: {{{listed}}}")
    if timezone and timezone != "UTC":
        lines.append(f"    format: {{timezone: {timezone}}}")
    return "\n".join(lines), lacks_currency


def _matched(by_fold: Mapping[str, str], wanted: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Contract column to the file's column, each of the file's used once."""
    left = dict(by_fold)
    matched: dict[str, str] = {}
    for target, spellings in wanted.items():
        name = next((spelling for spelling in spellings if spelling in left), None)
        if name is not None:
            matched[target] = left.pop(name)
    return matched


def _globs(names: Sequence[str], every: Sequence[str]) -> list[str]:
    """One glob for several files if it fits no other; else each file's own name."""
    folders = {str(PurePosixPath(name).parent) for name in names}
    suffixes = {PurePosixPath(name).suffix for name in names}
    if len(names) > 1 and len(folders) == len(suffixes) == 1:
        columns = takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
        glob = f"{''.join(letters[0] for letters in columns)}*{suffixes.pop()}"
        if {name for name in every if fnmatch(name, glob)} == set(names):
            return [glob]
    return list(names)


def _text(text: str) -> str:
    """A YAML text in quotes."""
    return json.dumps(text, ensure_ascii=False)
