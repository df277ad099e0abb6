"""Tables that another loader keeps in a DuckDB file, as files that ingest reads like any others.

Belongs here: copying the tables and views of a schema, once per content, and refusing a file that
is not the one of before. Does not belong here: judging rows; what is copied goes the way of all
landing files, through the same judgement, ledger and quarantine.

A copy that differs from the one before has the next number in its name: where rows have no time of
their own, the later file wins, as among the files of a landing directory. Copies are removed after
ingest, so that no second place holds what a person asks to be erased.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Generator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

from orchestration.checksums import sha256_of
from orchestration.database_files import OFFLINE
from orchestration.errors import BuildBusyError, InputError, first_line, nearest, sentence, shown
from orchestration.settings.paths import StateDir
from orchestration.settings.request import BuildRequest
from orchestration.small_files import json_of
from orchestration.sql_text import identifier, text_literal

# Parquet has none of these; a text says the same.
_AS_TEXT = re.compile(r"HUGEINT|UHUGEINT|BIT|UNION.*|INTERVAL|TIME WITH TIME ZONE")
# Names that landing files can have; loaders keep their own books in tables that begin with _.
_TABLE = re.compile(r"[A-Za-z0-9][\w $.-]*")


@dataclass(frozen=True)
class Copy:
    """What is remembered of a table.

    Attributes:
        columns: DuckDB's type by column.
        number: how many different contents were copied so far.
        sha256: of the last copy.
    """

    columns: Mapping[str, str]
    number: int
    sha256: str


def landing_of(request: BuildRequest, state: StateDir) -> AbstractContextManager[Path]:
    """Return the directory that a request is about, made of another loader's tables if need be."""
    if request.raw_database is None:
        return nullcontext(request.raw_dir)
    return copied_tables(request.raw_database, request.raw_schema, state)


def refused_tables(request: BuildRequest) -> list[str]:
    """Return a sentence for each table of another loader whose last copy is refused as a whole."""
    if request.raw_database is None:
        return []
    known = _read_known(request.state, request.raw_database, request.raw_schema)
    with duckdb.connect(str(request.state.raw_database), read_only=True) as raw:
        rows = raw.execute(
            "select distinct ledger.path, ledger.sha256, quarantine.reason, quarantine.detail "
            "from raw.raw.ingest_files as ledger inner join raw.raw.quarantine as quarantine "
            "on ledger.file_id = quarantine.file_id "
            "where ledger.status = 'quarantined' order by all"
        ).fetchall()
    found: list[str] = []
    for path, sha256, reason, detail in rows:
        table = Path(path).parent.name
        if table in known and known[table].sha256 == sha256:
            said = detail or str(reason).replace("_", " ")
            found.append(f"{request.raw_schema}.{table} of {request.raw_database}: {said}")
    return found


@contextmanager
def copied_tables(database: Path, schema: str, state: StateDir) -> Generator[Path]:
    """Copy every table and view of a schema; yield the directory to ingest, then remove it.

    Args:
        database: a DuckDB file, which is only read.
        schema: the schema with the tables.
        state: remembers what was copied before.

    Raises:
        InputError: there is no such file or schema, it is another one than before, or a column has
            another type than before.
        BuildBusyError: another process writes to the file.
    """
    known = _read_known(state, database, schema)
    folder = state.root / "raw_database"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(parents=True, mode=0o700)
        with _opened(database, folder) as connection:
            tables = _tables(connection, database, schema)
            _check_types(tables, known, database)
            copies = {
                table: _copied(connection, schema, table, columns, folder, known.get(table))
                for table, columns in tables.items()
            }
        _remember(state, database, schema, {**known, **copies})
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _opened(database: Path, folder: Path) -> Generator[duckdb.DuckDBPyConnection]:
    if not database.is_file():
        raise InputError(f"The raw database {database} does not exist; name a DuckDB file.")
    try:
        connection = duckdb.connect(
            str(database), read_only=True, config={"threads": "1", **OFFLINE}
        )
    except duckdb.Error as error:
        if "lock" in str(error).lower():
            text = f"{database} is open for writing in another process"
            raise BuildBusyError(f"{text}; build again when the loader is done.") from None
        text = f"{database} cannot be read as a DuckDB file ({first_line(error)})"
        raise InputError(f"{text}; name another one with --raw-database.") from None
    try:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set enable_progress_bar = false")
        # A view may say anything; it reads this file and no other.
        connection.execute(f"set temp_directory = {text_literal(str(folder))}")
        connection.execute(f"set allowed_directories = [{text_literal(str(folder))}]")
        connection.execute("set enable_external_access = false")
        yield connection
    finally:
        connection.close()


def _tables(
    connection: duckdb.DuckDBPyConnection, database: Path, schema: str
) -> dict[str, dict[str, str]]:
    rows = connection.execute(
        "select schema_name, table_name, column_name, data_type from duckdb_columns() "
        "where database_name = current_database() and not internal "
        "order by table_name, column_index"
    ).fetchall()
    tables: dict[str, dict[str, str]] = {}
    for found, table, column, data_type in rows:
        if found == schema and _TABLE.fullmatch(table):
            tables.setdefault(table, {})[column] = data_type
    if not tables:
        schemas = sorted({str(row[0]) for row in rows})
        hint = nearest(schema, schemas) or f"; it has {', '.join(schemas) or 'no tables at all'}"
        text = f"{database} has no tables in the schema {shown(schema)}{hint}"
        raise InputError(f"{sentence(text)} Name another one with --raw-schema.")
    return tables


def _check_types(
    tables: Mapping[str, Mapping[str, str]], known: Mapping[str, Copy], database: Path
) -> None:
    for table, before in known.items():
        for column, data_type in tables.get(table, {}).items():
            was = before.columns.get(column, data_type)
            if data_type != was:
                text = f"{table}.{column} of {database} was {was} and is {data_type} now"
                raise InputError(
                    f"{text}; give it its type back, or start anew with another --state-dir."
                )


def _copied(
    connection: duckdb.DuckDBPyConnection,
    schema: str,
    table: str,
    columns: Mapping[str, str],
    folder: Path,
    before: Copy | None,
) -> Copy:
    """Copy a table to `<table>/<number>.parquet`."""
    selected = ", ".join(
        f"cast({identifier(name)} as varchar) as {identifier(name)}"
        if _AS_TEXT.fullmatch(data_type)
        else identifier(name)
        for name, data_type in columns.items()
    )
    (folder / table).mkdir()
    unnamed = folder / table / "copy.parquet"
    ((catalog,),) = connection.execute("select current_database()").fetchall()
    try:
        connection.execute(
            f"copy (select {selected} from {identifier(catalog)}.{identifier(schema)}."
            f"{identifier(table)}) to {text_literal(str(unnamed))} (format parquet)"
        )
    except duckdb.Error as error:
        text = f"{schema}.{table} cannot be read ({first_line(error)})"
        raise InputError(f"{text}; a view may need what this build cannot reach.") from None
    sha256 = sha256_of(unnamed)
    number = 1 if before is None else before.number + (sha256 != before.sha256)
    unnamed.rename(folder / table / f"{number}.parquet")
    return Copy(columns, number, sha256)


def _read_known(state: StateDir, database: Path, schema: str) -> dict[str, Copy]:
    path = _memory(state)
    if not path.exists():
        return {}
    told = json_of(path)
    try:
        fed_from = (str(told["database"]), str(told["schema"]))
        known = {str(table): Copy(**copy) for table, copy in told["tables"].items()}
    except (KeyError, TypeError, AttributeError):
        text = f"{path} cannot be read, so nobody knows which database has fed {state.root}"
        raise InputError(
            f"{text}; bring it back from a copy of the state directory, or name another one "
            "(--state-dir)."
        ) from None
    if fed_from != (str(database), schema):
        text = f"{state.root} was fed from the schema {fed_from[1]} of {fed_from[0]}"
        raise InputError(
            f"{text} and cannot be fed from {schema} of {database} as well; name another state "
            "directory (--state-dir)."
        )
    return known


def _remember(state: StateDir, database: Path, schema: str, copies: Mapping[str, Copy]) -> None:
    path = _memory(state)
    tables = {table: asdict(copy) for table, copy in copies.items()}
    told = {"database": str(database), "schema": schema, "tables": tables}
    unfinished = path.with_suffix(".new")
    unfinished.write_text(json.dumps(told, indent=1), encoding="utf-8")
    unfinished.replace(path)


def _memory(state: StateDir) -> Path:
    return state.root / "raw_database.json"
