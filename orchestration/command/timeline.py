"""What happened to one customer, from the published marts alone.

Belongs here: the rows of `customer_timeline` of one subject. Does not belong here: deciding what
happened; every word is a column of the mart.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal

import duckdb

from orchestration.command.subjects import find_subject, plain_value
from orchestration.errors import SettingsError
from orchestration.pipeline.status import open_published
from orchestration.settings.paths import StateDir
from orchestration.sql_text import text_literal


@dataclass(frozen=True)
class Entry:
    """One thing that happened; attributes are columns of `customer_timeline`."""

    occurred_at: datetime
    kind: str
    label: str
    label_it: str
    value: Decimal | None
    source_table: str
    source_id: str


@dataclass(frozen=True)
class Timeline:
    """What happened to a customer, the latest last.

    Attributes:
        subject_id: the customer.
        entries: the latest of its rows.
        rows: how many there are in all.
    """

    subject_id: str
    entries: tuple[Entry, ...]
    rows: int


def as_json(told: Timeline) -> str:
    """Return a timeline as JSON: instants as text, decimals as numbers."""
    return json.dumps(asdict(told), indent=2, ensure_ascii=False, default=plain_value)


def timeline(state: StateDir, subject: str, limit: int) -> Timeline:
    """Return the latest rows of a customer's timeline.

    Args:
        state: the state directory.
        subject: a `subject_id`, or a customer or anonymous id without its prefix.
        limit: at most so many rows.

    Raises:
        UnknownSubjectError: names the nearest ids.
        SettingsError: the subject is no customer, or what is published is too old.
    """
    with open_published(state) as published:
        subject_id = find_subject(published, subject.strip())
        try:
            rows = published.execute(_rows_sql(subject_id, limit)).fetchall()
        except duckdb.CatalogException:
            text = "What is published holds no customer_timeline; build again."
            raise SettingsError(text) from None
    if not rows:
        text = f"{subject_id} is no customer, and only customers have a timeline"
        raise SettingsError(f"{text}; lifecycle explain tells of every subject.")
    entries = tuple(Entry(*cells) for *cells, _ in reversed(rows))
    return Timeline(subject_id, entries, rows[0][-1])


def _rows_sql(subject_id: str, limit: int) -> str:
    return f"""
        select
            occurred_at,
            kind,
            label,
            label_it,
            value,
            source_table,
            source_id,
            count(*) over ()
        from marts.customer_timeline
        where subject_id = {text_literal(subject_id)}
        order by occurred_at desc, kind desc, source_table desc, source_id desc
        limit {limit:d}
    """
