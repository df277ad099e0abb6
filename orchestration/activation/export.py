"""A play's or segment's list for a CRM tool: who is new in it, who has left it, and a receipt.

Belongs here: the order of the steps. Does not belong here: whom it names (`selection`), who may be
written to (`permission`), the sending (`webhook`).

An export holds what is new since the last one of the same name, and as `removed` what stood in
that one and does not now; both lists are read again from their versions, with what was permitted
then and what is permitted now.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from orchestration.activation.permission import find_permissions, unsubscribe_names
from orchestration.activation.receipts import Receipt, add_receipt, keyed_hash, last_receipt
from orchestration.activation.selection import (
    Choice,
    Target,
    find_target,
    keep_permitted,
    select_rows,
)
from orchestration.activation.webhook import batches, check_address, send
from orchestration.changes.version import Version, named_version, read_version
from orchestration.errors import LifecycleError, SettingsError
from orchestration.pipeline.lock import build_lock
from orchestration.pipeline.versions import current_version, versions
from orchestration.rules.seed_rows import read_seed
from orchestration.settings.paths import StateDir
from orchestration.sql_text import text_literal
from orchestration.table_files import (
    as_objects,
    private_file,
    replaced_at_the_end,
    write_csv,
    write_jsonl,
)

FORMS = ("csv", "jsonl", "parquet")
STALE_AFTER_DAYS = 2


class StaleExportError(LifecycleError):
    """What is published is too old to act on."""


@dataclass(frozen=True)
class Order:
    """What was asked for.

    Attributes:
        what: a play, or `segment:` and a segment.
        form: csv, jsonl or parquet.
        out: the file to write; None for a webhook.
        webhook: the address to send to; None for a file.
        since: the version since which to tell what is new; None for that of the last receipt.
        from_start: everything counts as new.
        choice: what is left in.
        with_contact: whether e-mail addresses go with it.
        stale: whether an old version will do.
    """

    what: str
    form: str = "csv"
    out: Path | None = None
    webhook: str | None = None
    since: str | None = None
    from_start: bool = False
    choice: Choice = field(default_factory=Choice)
    with_contact: bool = False
    stale: bool = False


@dataclass(frozen=True)
class Exported:
    """What went out.

    Attributes:
        receipt: as it stands in the ledger.
        added: rows that are new.
        removed: rows that are no more.
        since: the version that it was held against; None for none.
        with_address: rows with an e-mail address.
    """

    receipt: Receipt
    added: int
    removed: int
    since: str | None
    with_address: int


@dataclass(frozen=True)
class _Rows:
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    since: str | None


def export(state: StateDir, order: Order, now: datetime | None = None) -> Exported:
    """Export a play or a segment of what is published.

    Args:
        state: the state directory.
        order: what was asked for.
        now: the moment, naive UTC; default: the clock's.

    Raises:
        SettingsError: the order cannot be carried out as it is.
        StaleExportError: what is published is too old.
        WebhookError: the rows were not taken; there is no receipt then.
    """
    at = now or datetime.now(UTC).replace(tzinfo=None)
    where = _check(order)
    # Nobody loads rows while they are looked at.
    with build_lock(state):
        version = _published(state)
        _refuse_stale(version, at.date(), order)
        found = _find(state, version, order, at)
        content = b"" if order.out is None else _write(order.out, order.form, found)
    if order.webhook is not None:
        told = {"what": order.what, "version": version.name, "as_of_date": version.as_of}
        named = list(as_objects(found.columns, found.rows))
        for batch in batches(told, named):
            send(order.webhook, batch)
            content += batch.body
    receipt = Receipt(
        exported_at=at.isoformat(timespec="microseconds") + "Z",
        what=order.what,
        version=version.name,
        rows=len(found.rows),
        file=where,
        hash=keyed_hash(content),
        has_contact=order.with_contact,
        all_ranks=order.choice.all_ranks,
        include_control=order.choice.include_control,
    )
    add_receipt(state, receipt)
    return _summary(receipt, found)


def _check(order: Order) -> str:
    """Refuse an order that contradicts itself; return where the rows go, fit to be noted."""
    if (order.out is None) == (order.webhook is None):
        raise SettingsError("Give one of --out FILE and --webhook ADDRESS.")
    if order.since is not None and order.from_start:
        raise SettingsError("Give one of --since VERSION and --from-start.")
    if order.form not in FORMS:
        raise SettingsError(f'--format is "{order.form}"; it is one of {", ".join(FORMS)}.')
    if order.webhook is not None:
        return f"webhook {check_address(order.webhook)}"
    return str(Path(order.out or "").resolve())


def _published(state: StateDir) -> Version:
    current = current_version(state)
    if current is None:
        raise SettingsError(f"Nothing is published in {state.root}; run lifecycle build.")
    return read_version(state.versions / current)


def _refuse_stale(version: Version, today: date, order: Order) -> None:
    days = (today - version.as_of).days
    if days > STALE_AFTER_DAYS and not order.stale:
        raise StaleExportError(
            f"What is published speaks of {version.as_of}, {days} days ago; build first, or export "
            "it all the same with --stale."
        )


def _find(state: StateDir, version: Version, order: Order, at: datetime) -> _Rows:
    rules = read_seed(state.rules / "event_signals.csv").rows
    unsubscribes = unsubscribe_names(rules)
    with closing(duckdb.connect()) as connection:
        connection.execute("set enable_progress_bar = false")
        _attach(connection, "present", version.database)
        _attach(connection, "raw_db", state.raw_database)
        target = find_target(connection, order.what)
        before = _before(state, order)
        select_rows(connection, "present", target, order.choice)
        find_permissions(connection, unsubscribes, at)
        keep_permitted(connection, "now_permitted", target)
        if before is None:
            connection.execute(
                "create temp table then_permitted as select * from now_permitted where false"
            )
        else:
            then, asked_at, choice = before
            _attach(connection, "past", then.database)
            select_rows(connection, "past", target, choice)
            find_permissions(connection, unsubscribes, asked_at)
            keep_permitted(connection, "then_permitted", target)
        columns = ("change", *target.columns, *(("email",) if order.with_contact else ()))
        rows = connection.execute(_changed(target, columns)).fetchall()
    return _Rows(columns, rows, None if before is None else before[0].name)


def _before(state: StateDir, order: Order) -> tuple[Version, datetime, Choice] | None:
    """Return the version to tell what is new since, when it was exported, and what was left in."""
    if order.from_start:
        return None
    kept = versions(state)
    if order.since is not None:
        version = read_version(state.versions / named_version(kept, order.since))
        return version, version.built_at, order.choice
    receipt = last_receipt(state, order.what)
    if receipt is None:
        return None
    if receipt.version not in kept:
        raise SettingsError(
            f"The version of the last receipt, {receipt.version}, is not kept any more; give "
            "--since VERSION with one that is, or --from-start to export everybody again."
        )
    choice = Choice(receipt.all_ranks, receipt.include_control)
    asked_at = datetime.fromisoformat(receipt.exported_at).replace(tzinfo=None)
    return read_version(state.versions / receipt.version), asked_at, choice


def _changed(target: Target, columns: Sequence[str]) -> str:
    key = ", ".join(target.key)
    told = ", ".join(columns[1:])
    # Who has left is named by ids alone: there may be no consent any more.
    without_address = ", ".join(
        f"null as {column}" if column == "email" else column for column in columns[1:]
    )
    return f"""
    select 'added' as change, {told}
    from now_permitted anti join then_permitted using ({key})
    union all
    select 'removed', {without_address}
    from then_permitted anti join now_permitted using ({key})
    order by change, {key}
    """


def _write(path: Path, form: str, found: _Rows) -> bytes:
    if form == "parquet":
        with replaced_at_the_end(path) as unfinished:
            _write_parquet(unfinished, found)
    else:
        with private_file(path) as out:
            write = write_csv if form == "csv" else write_jsonl
            write(out, found.columns, found.rows)
    return path.read_bytes()


def _write_parquet(path: Path, found: _Rows) -> None:
    with closing(duckdb.connect()) as connection:
        names = ", ".join(f'"{column}" {_kind(column)}' for column in found.columns)
        connection.execute(f"create table exported ({names})")
        if found.rows:
            marks = ", ".join("?" for _ in found.columns)
            connection.executemany(f"insert into exported values ({marks})", found.rows)
        connection.execute(f"copy exported to {text_literal(str(path))} (format parquet)")


def _kind(column: str) -> str:
    if column.endswith(("_on", "_from", "_until")):
        return "date"
    if column == "expected_value":
        return "decimal(18, 4)"
    return "bigint" if column == "rank_for_subject" else "varchar"


def _attach(connection: duckdb.DuckDBPyConnection, name: str, path: Path) -> None:
    connection.execute(f"attach {text_literal(str(path))} as {name} (read_only)")


def _summary(receipt: Receipt, found: _Rows) -> Exported:
    named: Iterable[Mapping[str, Any]] = as_objects(found.columns, found.rows)
    changes = [(row["change"], row.get("email")) for row in named]
    added = sum(change == "added" for change, _ in changes)
    return Exported(
        receipt=receipt,
        added=added,
        removed=len(changes) - added,
        since=found.since,
        with_address=sum(email is not None for _, email in changes),
    )
