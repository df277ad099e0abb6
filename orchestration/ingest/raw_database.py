"""The raw database: its tables, whether it can be used at all, and whether its books balance.

Belongs here: making and opening <state>/raw.duckdb, the ledger's own laws.
Does not belong here: reading landing files and deciding which rows go in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.database_files import OFFLINE, attach_for_writing, columns_of
from orchestration.errors import BuildBusyError, InputError, LifecycleError
from orchestration.ingest.raw_contract import Contract, Table

SCHEMA = "raw"
BOOKKEEPING = (
    ("_file_id", "integer"),
    ("_line", "bigint"),
    ("_loaded_at", "timestamp"),
    ("_row_hash", "ubigint"),
)
_BOOKS = """
create table if not exists raw.ingest_files (
    file_id integer not null,
    table_name varchar not null,
    path varchar not null,
    sha256 varchar not null,
    bytes bigint not null,
    rows_read bigint not null,
    rows_loaded bigint not null,
    rows_duplicate bigint not null,
    rows_quarantined bigint not null,
    loaded_at timestamp not null,
    run_id varchar not null,
    status varchar not null
);
create table if not exists raw.quarantine (
    table_name varchar not null,
    reason varchar not null,
    column_name varchar,
    source_file varchar not null,
    line_number bigint,
    raw_record varchar,
    run_id varchar not null,
    file_id integer not null,
    detail varchar
);
create table if not exists raw.schema_log (
    table_name varchar not null,
    column_name varchar not null,
    data_type varchar not null,
    action varchar not null,
    source_file varchar not null,
    file_id integer not null,
    run_id varchar not null
);
create table if not exists raw.ingest_copies (
    table_name varchar not null,
    row_hash ubigint not null,
    file_id integer not null
);
create table if not exists raw.source_files (
    file_id integer not null,
    source varchar not null,
    adapter varchar not null,
    kind varchar not null,
    mapping varchar not null,
    rows_read bigint not null,
    rows_set_aside bigint not null
);
create table if not exists raw.sources (
    source varchar not null,
    adapter varchar not null,
    kind varchar not null,
    family varchar not null,
    visits_place integer,
    states_creation boolean not null,
    orders varchar,
    orders_until timestamp,
    events varchar,
    visits boolean not null,
    link_by_email boolean not null,
    fills_orders boolean not null
);
create table if not exists raw.muted_files (
    file_id integer not null,
    reason varchar not null,
    muted_from timestamp
);
create table if not exists raw.set_aside (
    file_id integer not null,
    reason varchar not null,
    rows bigint not null
);
alter table raw.ingest_files add column if not exists rows_set_aside bigint default 0;
create table if not exists raw.notes (
    run_id varchar not null,
    told_at timestamp not null,
    place integer not null,
    sentence varchar not null
);
create table if not exists raw.erasures (
    receipt varchar not null,
    erased_at timestamp not null,
    persons integer not null,
    rows_removed bigint not null,
    orders_kept bigint not null
);
create table if not exists raw.ingest_origin (raw_dir varchar not null);
create table if not exists raw.identity_salt (sha256 varchar not null);
"""
# The rows of one file wait here between being judged and being written; more of them wait on disk,
# at no measurable cost (2 M events under 600 MB: the same CPU seconds as under 16 GB).
_MEMORY_LIMIT = "2GB"
_LOG_LIMIT = "256MB"
# What damaged bytes come out as; any other error is one of this program.
_TORN = (
    duckdb.IOException,
    duckdb.SerializationException,
    duckdb.InternalException,
    duckdb.FatalException,
)
# Errors of the machine or of another program: the database is sound and must not be thrown away.
_NOT_TORN = (
    "could not set lock",
    "already attached",
    "no space left",
    "permission denied",
    "read-only",
    "too many open files",
    "version number",
    "cannot allocate",
    "out of memory",
)


class RawAccountingError(LifecycleError):
    """The ledger and what was loaded disagree."""


class _TornError(Exception):
    """The raw database cannot be read and has to be made anew."""


@dataclass(frozen=True)
class RawDatabase:
    """An open raw database.

    Attributes:
        connection: the one connection that may write it.
        path: the database file.
        discarded: one sentence if a torn database had to be thrown away; else None.
    """

    connection: duckdb.DuckDBPyConnection
    path: Path
    discarded: str | None


def open_raw_database(
    path: Path, contract: Contract, spill_dir: Path, remove_torn: Callable[[str], str]
) -> RawDatabase:
    """Open the raw database for writing, make what it lacks, replace it if it is torn.

    Args:
        path: the database file; its folder is made if need be.
        contract: the tables that it must have.
        spill_dir: where DuckDB may put what does not fit into memory.
        remove_torn: is told why a torn database cannot be read; clears the way for a new one and
            returns what to say of it, or raises.

    Raises:
        BuildBusyError: another process has it open.
        LifecycleError: it cannot be opened for a reason that lies outside it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return RawDatabase(_open(path, contract, spill_dir), path, None)
    except _TornError as error:
        discarded = remove_torn(str(error))
    return RawDatabase(_open(path, contract, spill_dir), path, discarded)


def discard(path: Path) -> None:
    """Delete a raw database and its write-ahead log."""
    path.unlink(missing_ok=True)
    path.with_name(path.name + ".wal").unlink(missing_ok=True)


def is_torn(error: duckdb.Error) -> bool:
    """Say whether an error of the raw database means that its bytes are damaged."""
    if not isinstance(error, _TORN):
        return False
    text = str(error).casefold()
    return not any(sign in text for sign in _NOT_TORN)


def is_damaged_block(error: duckdb.Error) -> bool:
    """Say whether an error in the middle of a run tells of a damaged block of the raw database.

    Stricter than `is_torn`: here the error may as well be about a landing file.
    """
    return is_torn(error) and "corrupt database file" in str(error).casefold()


def check_origin(connection: duckdb.DuckDBPyConnection, raw_dir: Path, state_dir: Path) -> None:
    """Refuse to feed a state from another landing directory than before; note the first one.

    Raises:
        InputError: names both directories and the way out.
    """
    row = connection.execute("select raw_dir from raw.ingest_origin").fetchone()
    if row is None:
        # Copies of another loader's tables lie in the state directory, wherever that is moved.
        is_within = raw_dir.is_relative_to(state_dir)
        origin = raw_dir.relative_to(state_dir) if is_within else raw_dir
        connection.execute("insert into raw.ingest_origin values (?)", [str(origin)])
    elif state_dir / row[0] != raw_dir:
        message = (
            f"{state_dir} was fed from {state_dir / row[0]} and cannot be fed from {raw_dir} "
            f"as well; name another state directory (--state-dir), or delete {state_dir} to start "
            "anew."
        )
        raise InputError(message)


def check_salt(connection: duckdb.DuckDBPyConnection, salt: str) -> None:
    """Refuse to hash addresses otherwise than before: one customer would become two.

    Raises:
        InputError: names both ways out.
    """
    digest = hashlib.sha256(salt.encode()).hexdigest()
    row = connection.execute("select sha256 from raw.identity_salt").fetchone()
    if row is None:
        connection.execute("insert into raw.identity_salt values (?)", [digest])
    elif row[0] != digest:
        raise InputError(
            "identity_salt is not the one that customers were hashed with so far; set it back, or "
            "delete raw.duckdb to load every file anew."
        )


def check_books(connection: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Compare every line of the ledger with the rows that are really there.

    Raises:
        RawAccountingError: one sentence per file whose rows do not add up.
    """
    # count of a column reads it: count(*) may be answered from metadata alone.
    counts = " union all ".join(
        f"select '{name}' as table_name, _file_id as file_id, count(_row_hash) as rows_found "
        f"from raw.{name} group by _file_id"
        for name in contract.table_names
    )
    rows = connection.execute(
        f"""
        with loaded_rows as ({counts}),

        quarantined_rows as (
            select file_id, count(reason) as rows_found from raw.quarantine group by file_id
        )

        select
            coalesce(ledger.path, 'a file that the ledger does not know'),
            coalesce(ledger.rows_read, 0),
            coalesce(ledger.rows_loaded, 0),
            coalesce(ledger.rows_duplicate, 0),
            coalesce(ledger.rows_quarantined, 0),
            coalesce(ledger.rows_set_aside, 0),
            coalesce(ledger.status, 'loaded') = 'loaded',
            coalesce(loaded_rows.rows_found, 0),
            coalesce(quarantined_rows.rows_found, 0)
        from raw.ingest_files as ledger
        full outer join loaded_rows
            on ledger.file_id = loaded_rows.file_id and ledger.table_name = loaded_rows.table_name
        full outer join quarantined_rows
            on coalesce(ledger.file_id, loaded_rows.file_id) = quarantined_rows.file_id
        """
    ).fetchall()
    problems: list[str] = []
    for path, read, loaded, duplicate, quarantined, aside, is_loaded, *found in sorted(rows):
        rows_found, refused_found = found
        if read != aside + loaded + duplicate + quarantined:
            problems.append(
                f"{path}: {read} rows were read, but {loaded} loaded, {duplicate} duplicate, "
                f"{quarantined} quarantined and {aside} set aside do not add up to them."
            )
        # A file that is refused as a whole stands in quarantine once.
        expected = quarantined if is_loaded else 1
        if loaded != rows_found or expected != refused_found:
            problems.append(
                f"{path}: the ledger says {loaded} rows loaded and {quarantined} quarantined, "
                f"the raw database holds {rows_found} and {refused_found}."
            )
    if problems:
        problems.append("Report this; deleting raw.duckdb makes it anew from the landing files.")
        raise RawAccountingError("\n".join(problems))


def _open(path: Path, contract: Contract, spill_dir: Path) -> duckdb.DuckDBPyConnection:
    try:
        if path.exists():
            # Tells a file that may not be read or written from one that is damaged.
            with path.open("r+b"):
                pass
    except OSError as error:
        raise LifecycleError(f"{path} cannot be opened: {error.strerror}.") from error
    connection = duckdb.connect(config={"temp_directory": str(spill_dir), **OFFLINE})
    try:
        # Attached, since a database called raw would hide the schema raw in it.
        attach_for_writing(connection, path, "raw_db")
        connection.execute("use raw_db")
        connection.execute(f"set memory_limit = '{_MEMORY_LIMIT}'")
        # Most statements here are one task, rows in their order. When another thread takes it, the
        # one that asked for it waits without a pause, which was a third of an ingest.
        connection.execute("set threads = 1")
        # Folding the log into the file rewrites its last rows; by default every few months of
        # events pay for it, a quarter of an ingest. Closing folds what is left.
        connection.execute(f"set checkpoint_threshold = '{_LOG_LIMIT}'")
        connection.execute("set enable_progress_bar = false")
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set preserve_insertion_order = true")
        # It makes a hash join of every list of words that a value is compared with, and each column
        # has some.
        connection.execute("set disabled_optimizers = 'in_clause'")
        _make_tables(connection, contract)
        connection.execute("from raw.ingest_files").fetchall()
    except duckdb.Error as error:
        connection.close()
        raise _judged(path, error) from error
    except _TornError:
        connection.close()
        raise
    return connection


def _judged(path: Path, error: duckdb.Error) -> Exception:
    detail = str(error).splitlines()[0]
    if "Could not set lock" in str(error) or "already attached" in str(error):
        return BuildBusyError(f"{path} is open in another process; try again later ({detail}).")
    if not is_torn(error):
        return LifecycleError(f"{path} cannot be opened: {detail}.")
    return _TornError(detail)


def _make_tables(connection: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    connection.execute("begin")
    connection.execute("create schema if not exists raw")
    connection.execute(_BOOKS)
    present = columns_of(connection, "raw", "raw_db")
    for table in contract.tables:
        _make_table(connection, table, present.get(table.name))
    connection.execute("commit")


def _make_table(
    connection: duckdb.DuckDBPyConnection, table: Table, present: dict[str, str] | None
) -> None:
    """Make a table, or add the columns to it that it has not got; `present` are those it has."""
    wanted = [(column.name, column.data_type) for column in table.columns] + list(BOOKKEEPING)
    if present is None:
        definitions = ", ".join(f"{name} {data_type}" for name, data_type in wanted)
        connection.execute(f"create table raw.{table.name} ({definitions})")
        return
    for name, data_type in wanted:
        if name not in present:
            connection.execute(f"alter table raw.{table.name} add column {name} {data_type}")
        elif (kind := present[name].casefold()) != data_type:
            message = f"raw.{table.name}.{name} is {kind}, the contract says {data_type}"
            raise _TornError(message)
