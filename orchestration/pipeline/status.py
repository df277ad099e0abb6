"""What a state directory holds: what is published, what was ingested, how the last build ended.

Belongs here: reading, never writing; each source alone, so that a running build hides only its own
part. Does not belong here: how it is shown (`console`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, cast

import duckdb

from orchestration.errors import StateDirError, first_line
from orchestration.pipeline.gate import MARTS_SCHEMA
from orchestration.pipeline.lock import Holder, holder
from orchestration.pipeline.versions import (
    DATABASE_NAME,
    check_version,
    current_version,
    damaged,
    versions,
)
from orchestration.settings.paths import StateDir
from orchestration.small_files import json_of
from orchestration.sql_text import identifier


@dataclass(frozen=True)
class IngestedTable:
    """What the ledger tells of one raw table; all numbers count rows but `files`."""

    table: str
    files: int
    read: int
    loaded: int
    duplicate: int
    quarantined: int
    set_aside: int


@dataclass(frozen=True)
class StageCount:
    """Subjects of one stage and health at the as-of date, of one framework."""

    stage: str
    health: str
    subjects: int


@dataclass(frozen=True)
class Status:
    """Everything `lifecycle status` tells.

    Attributes:
        version: the version readers see; None when nothing is published.
        versions: kept versions, oldest first.
        build_info: the one row of the mart, by column.
        mart_rows: rows by published mart.
        ingested: the ledger by raw table; empty when it cannot be read.
        quarantined: quarantined rows and files by table and reason.
        notes: what the last ingest had to say, in its order.
        filtered: what staging left out, by staging model, reasons with counts as one text.
        last_build: how the last build ended; one that still says `running` was killed or runs;
            empty when there was none.
        running: who builds right now.
        damage: what is wrong with the published files, in one sentence; blank if nothing is.
    """

    version: str | None
    versions: tuple[str, ...]
    build_info: Mapping[str, Any]
    mart_rows: Mapping[str, int]
    ingested: tuple[IngestedTable, ...]
    quarantined: tuple[tuple[str, str, int], ...]
    notes: tuple[str, ...]
    filtered: tuple[tuple[str, str], ...]
    last_build: Mapping[str, Any]
    running: Holder | None
    damage: str = ""


def read_status(state: StateDir) -> Status:
    """Read the state directory; parts that do not exist yet are empty.

    Raises:
        StateDirError: when the state directory does not exist.
    """
    if not state.root.is_dir():
        text = f"The state directory {state.root} does not exist"
        raise StateDirError(f"{text}; run lifecycle build, or name another one with --state-dir.")
    version = current_version(state)
    build_info, mart_rows, filtered, damage = {}, {}, (), ""
    if version:
        try:
            check_version(state, version)
        except StateDirError as error:
            damage = str(error)
        try:
            build_info, mart_rows, filtered = _read_published(state)
        except StateDirError as error:
            damage = damage or str(error)
    running = holder(state)
    ingested, quarantined, notes = _read_raw(state.raw_database, is_open=running is not None)
    return Status(
        version=version,
        versions=versions(state),
        build_info=build_info,
        mart_rows=mart_rows,
        ingested=ingested,
        quarantined=quarantined,
        notes=notes,
        filtered=filtered,
        last_build=json_of(state.last_build),
        running=running,
        damage=damage,
    )


def read_census(state: StateDir) -> dict[str, tuple[StageCount, ...]]:
    """Return the subjects of each published framework at the as-of date, by stage in its order.

    A stage without anybody has a row of no health and no subject.
    """
    with open_published(state) as published:
        rows = published.execute(
            "select stages.framework, stages.stage, coalesce(present.health, ''), "
            "count(present.subject_id) from marts.stages "
            "left join marts.lifecycle_current as present "
            "on stages.framework = present.framework and stages.stage = present.stage "
            "group by stages.framework, stages.ordinal, stages.stage, present.health "
            "order by stages.framework, stages.ordinal, present.health"
        ).fetchall()
    census: defaultdict[str, list[StageCount]] = defaultdict(list)
    for framework, *count in rows:
        census[framework].append(StageCount(*count))
    return {framework: tuple(counts) for framework, counts in census.items()}


def read_as_of(state: StateDir) -> date:
    """Return the as-of date of what is published."""
    with open_published(state) as published:
        found = published.execute("select as_of_date from marts.build_info").fetchone()
    return cast("tuple[date]", found)[0]


def example_subject(state: StateDir) -> str:
    """Return the subject with the most orders, the one whose history is worth a look."""
    with open_published(state) as published:
        found = published.execute(
            "select subject_id from marts.subjects where subject_type = 'person' "
            "order by orders desc nulls last, subject_id limit 1"
        ).fetchone()
    return str(found[0]) if found else ""


@contextmanager
def open_published(state: StateDir) -> Generator[duckdb.DuckDBPyConnection]:
    """Open what readers see, the way every reader should: read-only and shut off.

    Raises:
        StateDirError: when nothing is published, or it was damaged, be that seen before or while
            it is read.
    """
    version = current_version(state)
    if version is None:
        text = f"Nothing is published in {state.root}"
        raise StateDirError(f"{text}; run lifecycle build, or name another one with --state-dir.")
    check_version(state, version, [DATABASE_NAME])
    try:
        with duckdb.connect(
            # Not through the link beside `current`, which may lead to what nobody has checked.
            str(state.versions / version / DATABASE_NAME),
            read_only=True,
            config={"enable_external_access": "false", "lock_configuration": "true"},
        ) as published:
            yield published
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        text = f"What is published was made by another version of lifecycle ({first_line(error)})"
        raise StateDirError(f"{text}; build again.") from error
    except duckdb.Error as error:
        text = damaged(version, f"{DATABASE_NAME} says {first_line(error)}")
        raise StateDirError(text) from error


def _read_published(
    state: StateDir,
) -> tuple[dict[str, Any], dict[str, int], tuple[tuple[str, str], ...]]:
    with open_published(state) as published:
        marts = published.execute(
            "select table_name from information_schema.tables "
            f"where table_schema = '{MARTS_SCHEMA}' order by all"
        ).fetchall()
        counts = {str(name): _count(published, str(name)) for (name,) in marts}
        cursor = published.execute(f"select * from {MARTS_SCHEMA}.build_info")
        columns = [column[0] for column in cursor.description]
        row = cursor.fetchone() or ()
        filtered = published.execute(
            f"select name, filtered_reasons from {MARTS_SCHEMA}.row_accounting "
            "where rows_filtered > 0 order by name"
        ).fetchall()
    return dict(zip(columns, row, strict=False)), counts, tuple(filtered)


def _count(published: duckdb.DuckDBPyConnection, mart: str) -> int:
    found = published.execute(f"select count(*) from {MARTS_SCHEMA}.{identifier(mart)}").fetchone()
    return int(found[0]) if found else 0


def _read_raw(
    raw_database: Path, *, is_open: bool
) -> tuple[tuple[IngestedTable, ...], tuple[tuple[str, str, int], ...], tuple[str, ...]]:
    if not raw_database.is_file():
        return (), (), ()
    try:
        with duckdb.connect(str(raw_database), read_only=True) as raw:
            ingested = raw.execute(
                "select table_name, count(*), sum(rows_read)::bigint, sum(rows_loaded)::bigint, "
                "sum(rows_duplicate)::bigint, sum(rows_quarantined)::bigint, "
                "sum(rows_set_aside)::bigint "
                "from raw.raw.ingest_files group by table_name order by table_name"
            ).fetchall()
            quarantined = raw.execute(
                "select table_name, reason, count(*) from raw.raw.quarantine "
                "group by table_name, reason order by table_name, reason"
            ).fetchall()
            notes = raw.execute(
                "select sentence from raw.raw.notes "
                "where told_at = (select max(told_at) from raw.raw.notes) order by place"
            ).fetchall()
    except duckdb.Error as error:
        # A running ingest keeps its database to itself; `running` says so.
        told = f"{raw_database} cannot be read ({first_line(error)}); the next build says more."
        return (), (), () if is_open else (told,)
    tables = tuple(IngestedTable(*row) for row in ingested)
    return tables, tuple(quarantined), tuple(str(row[0]) for row in notes)
