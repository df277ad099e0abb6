"""Loading one file of a source in another shape: its text through an adapter's SQL into raw tables.

Belongs here: landing the files of a source as text, running the selects, what a user's entry
changes of them, set-aside rows and the proof that every row is accounted for.
Does not belong here: what a layout means (adapters), judging contract rows (judging).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from orchestration.failpoints import reach
from orchestration.ingest.column_names import fold_name, is_personal
from orchestration.ingest.erased.tombstones import (
    ERASED,
    Tombstones,
    drop_erased_lines,
    set_erased_aside,
)
from orchestration.ingest.formats.landed_file import LANDED
from orchestration.ingest.formats.open_file import read_landing_file
from orchestration.ingest.formats.text_repair import write_csv_lines
from orchestration.ingest.judging.rows import Judgement, judge
from orchestration.ingest.judging.values import GivenColumn
from orchestration.ingest.landing_directory import LandingFile
from orchestration.ingest.ledger import (
    FileIdentity,
    FileResult,
    ReadAs,
    count_of,
    insert_set_aside,
    write_source_ledger,
)
from orchestration.ingest.load_file import FileChangedError, find_copies, insert_rows
from orchestration.ingest.quarantine import MERGED
from orchestration.ingest.raw_contract import Column, Contract, Table
from orchestration.ingest.raw_database import RawAccountingError
from orchestration.ingest.sources.adapter import Adapter, Role
from orchestration.ingest.sources.recognition import read_header
from orchestration.ingest.sources.sources_file import Format, SourceFile, read_column
from orchestration.ingest.summary import source_column_notes
from orchestration.ingest.words import folded_word
from orchestration.sql_text import identifier, text_literal

# What empty cells look like in exports; everything else is judged with the contract row.
_EMPTY = ("", "null", "\\n", "nan", "nat", "<na>")
# Ids that a prefix tells apart; a product or an event is nobody's.
_PREFIXED = frozenset(
    {
        "customer_id", "user_id", "order_id", "refund_id", "cart_id", "subscription_id",
        "account_id", "from_customer_id", "into_customer_id",
    }
)  # fmt: skip
_BECAME = {
    "left_out": "not loaded",
    "to_properties": MERGED,
    "read_in_parts": "read by its pattern",
}


@dataclass(frozen=True)
class SourceResult:
    """What became of one file: `rows_read = yielding + sum of set_aside`.

    Attributes:
        results: the contract rows, by table.
        rows_read: rows of the file itself.
        set_aside: reason to rows that yield nothing.
    """

    results: tuple[FileResult, ...]
    rows_read: int
    set_aside: Mapping[str, int]


@dataclass(frozen=True)
class _Landed:
    """A file's text in the relation of its role."""

    role: str
    layout: tuple[Path, str, int] | None
    unknown: tuple[str, ...]
    personal: tuple[str, ...]


def load_source_file(
    connection: duckdb.DuckDBPyConnection,
    main: SourceFile,
    siblings: Sequence[SourceFile],
    contract: Contract,
    identity: FileIdentity,
    *,
    read_as: ReadAs,
    excluded_ids: Collection[str],
    folder: Path,
    is_same: Callable[[], bool],
    max_unpacked_ratio: int,
    tombstones: Tombstones | None = None,
) -> SourceResult:
    """Load the contract rows that one file yields, and commit them with its lines in the ledger.

    Args:
        connection: the raw database, outside any transaction; it knows the functions of adapters.
        main: the file.
        siblings: every file of its source, itself included; the selects see all of them.
        contract: the tables.
        identity: of the file; its tables take the ids from `file_id` on.
        read_as: how the ledger tells of it.
        excluded_ids: lower-case ids that count as empty.
        folder: empty folder for files made on the way.
        is_same: says whether the file is still the one that the identity was taken from.
        max_unpacked_ratio: how many times its size a gzip file may grow.
        tombstones: of persons whose rows are refused.

    Raises:
        FileChangedError: it is not; nothing is kept.
        FileRefusedError: the file cannot be read at all; nothing is kept.
        RawAccountingError: a row was neither yielded nor set aside; nothing is kept.
    """
    adapter, role = main.source.adapter, main.role
    tables = adapter.tables_of(role.name)
    # What is only read beside others is counted, and needs nothing beside itself.
    landed = _land_source(connection, main, siblings if tables else (), folder, max_unpacked_ratio)
    for relation, sql in adapter.shared_sql.items() if tables else ():
        connection.execute(f"create or replace temporary table {relation} as {_statement(sql)}")
    connection.execute("begin")
    connection.execute("create or replace temporary table yielding_records (record bigint)")
    results: list[FileResult] = []
    for number, name in enumerate(tables or tuple(adapter.tables)[:1]):
        own = replace(identity, file_id=identity.file_id + number)
        table = contract.table(name)
        yielded = count_of(connection, _select_yielded(connection, main, table)) if tables else 0
        results.append(
            _load_yielded(
                connection, replace(main.file, table=name), table, own, landed, folder,
                yielded=yielded, excluded_ids=excluded_ids, lines_too=number == 0,
                tombstones=tombstones,
            )
        )  # fmt: skip
    if not is_same():
        connection.execute("rollback")
        raise FileChangedError(main.file.name)
    rows, set_aside = _set_aside(connection, main, has_tables=bool(tables))
    lines = count_of(connection, "select count(*) from refused_source_lines")
    aside = sum(set_aside.values())
    results[0] = replace(
        results[0],
        rows_read=results[0].rows_read + aside,
        rows_set_aside=results[0].rows_set_aside + aside,
        left_out=source_column_notes(
            main.file.name,
            adapter.name,
            contract.table(results[0].table),
            landed.unknown if role.others == "left_out" else (),
            landed.personal,
        ),
    )
    _log_columns(connection, main, landed, identity)
    reach("ingest.rows_written")
    write_source_ledger(
        connection,
        identity,
        results,
        read_as=read_as,
        rows_read=rows + lines,
        set_aside=set_aside,
    )
    return SourceResult(tuple(results), rows + lines, set_aside)


def _land_source(
    connection: duckdb.DuckDBPyConnection,
    main: SourceFile,
    siblings: Sequence[SourceFile],
    folder: Path,
    max_unpacked_ratio: int,
) -> _Landed:
    """Make a relation per role; of the main role it holds this file alone."""
    adapter = main.source.adapter
    for role in adapter.roles.values():
        columns = ", ".join(f"{identifier(name)} varchar" for name in _columns_of(role))
        connection.execute(
            f"create or replace temporary table {role.name} (record bigint, line bigint, "
            f"file_number integer, {columns + ', ' if columns else ''}other_columns varchar)"
        )
    connection.execute(
        "create or replace temporary table refused_source_lines "
        "(reason varchar, column_name varchar, line bigint, text varchar)"
    )
    seen = [sibling for sibling in siblings if sibling.role.name != main.role.name]
    for number, sibling in enumerate(seen, start=1):
        _land(connection, sibling, folder / str(number), number, max_unpacked_ratio, is_main=False)
    return _land(connection, main, folder / "main", 0, max_unpacked_ratio, is_main=True)


def _columns_of(role: Role) -> tuple[str, ...]:
    return (*role.columns, *role.prefixes)


def _land(
    connection: duckdb.DuckDBPyConnection,
    source_file: SourceFile,
    folder: Path,
    number: int,
    max_unpacked_ratio: int,
    *,
    is_main: bool,
) -> _Landed:
    folder.mkdir(parents=True, exist_ok=True)
    entry = source_file.source.entry
    form = entry.format if entry else Format()
    file = _as_utf8(source_file.file, form, folder)
    header = read_header(connection, file, delimiter=form.delimiter)
    # The reader tells the delimiter by known names, and leaves values of unknown JSON keys as JSON.
    names = header.names if header is not None and file.format == "csv" else ()
    known = tuple(Column(name.casefold(), "varchar", "text") for name in names)
    connection.execute(f"drop table if exists temp.{LANDED}")
    shape = Table(source_file.source.name, known, (), True, (), False)
    landed = read_landing_file(connection, file, shape, folder, max_unpacked_ratio)
    if landed is None:
        return _Landed(source_file.role.name, None, (), ())
    role, adapter = source_file.role, source_file.source.adapter
    expressions, rest = _text_columns(source_file, landed.columns, form)
    personal = [column for column in rest if _is_personal(column.name, adapter)]
    unknown = [column for column in rest if not _is_personal(column.name, adapter)]
    selected = "".join(f"{sql}, " for sql in expressions)
    good = " and ".join(f"not coalesce({check.condition}, false)" for check in landed.first_checks)
    line = landed.line_sql or "cast(null as bigint)"
    connection.execute(
        f"insert into {role.name} select {landed.record_sql}, {line}, {number}, {selected}"
        f"{_other_columns(unknown)} from {landed.from_sql} where {good or 'true'}"
    )
    if is_main:
        for position, check in enumerate(landed.first_checks):
            earlier = landed.first_checks[:position]
            not_yet = "".join(f" and not coalesce({known.condition}, false)" for known in earlier)
            connection.execute(
                f"insert into refused_source_lines select ?, ?, {line}, {landed.raw_record_sql} "
                f"from {landed.from_sql} where ({check.condition}){not_yet}",
                [check.reason.value, check.column],
            )
        if landed.refused is not None:
            connection.execute(
                f"""
                insert into refused_source_lines
                select reason, null, line, text from read_csv(
                    {text_literal(str(landed.refused))}, columns =
                    {{'line': 'BIGINT', 'reason': 'VARCHAR', 'text': 'VARCHAR'}},
                    auto_detect = false, header = false, delim = ',', quote = '"', escape = '"'
                )
                """
            )
    return _Landed(
        role.name,
        landed.csv_layout if landed.line_sql is None else None,
        tuple(column.name for column in unknown),
        tuple(column.name for column in personal),
    )


def _as_utf8(file: LandingFile, form: Format, folder: Path) -> LandingFile:
    if form.encoding is None or file.format == "parquet" or file.is_gzip:
        return file
    target = folder / f"utf8.{file.format}"
    with (
        file.path.open(encoding=form.encoding, errors="surrogateescape", newline="") as source,
        target.open("w", encoding="utf-8", errors="surrogateescape", newline="") as out,
    ):
        while chunk := source.read(1 << 20):
            out.write(chunk)
    return replace(file, path=target)


def _text_columns(
    source_file: SourceFile, given: Sequence[GivenColumn], form: Format
) -> tuple[list[str], list[GivenColumn]]:
    """Return the text of each column of a role, and the file's columns that it does not read."""
    role, adapter = source_file.role, source_file.source.adapter
    by_name: dict[str, list[GivenColumn]] = {}
    for column in given:
        by_name.setdefault(fold_name(column.name), []).append(column)
    expressions: list[str] = []
    for name, spellings in role.columns.items():
        found = [column for text in (name, *spellings) for column in by_name.pop(text, ())]
        text = _first_text(found)
        if name in adapter.amounts:
            text = _plain_decimal(text, form)
        elif name in adapter.instants:
            text = _iso_date(text, form)
        expressions.append(text)
    for prefix in role.prefixes.values():
        names = sorted((name for name in by_name if name.startswith(prefix)), key=_version)
        found = by_name.pop(names[-1]) if names else []
        expressions.append(_first_text(found))
    return expressions, [column for columns in by_name.values() for column in columns]


def _version(name: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", name))


def _first_text(columns: Sequence[GivenColumn]) -> str:
    texts = [_text(column) for column in columns]
    return f"coalesce({', '.join(texts)})" if len(texts) > 1 else (texts or ["null"])[0]


def _text(column: GivenColumn) -> str:
    if column.data_type == "JSON":
        text = f"({column.sql} ->> '$')"
    elif column.data_type.endswith("]") or column.data_type.startswith(("STRUCT", "MAP")):
        text = f"cast(to_json({column.sql}) as varchar)"
    elif column.data_type in ("DOUBLE", "FLOAT"):
        # pandas makes floats of whole numbers with gaps: 17850.0 is the id 17850.
        whole = f"{column.sql} = trunc({column.sql}) and abs({column.sql}) < 9007199254740992"
        text = (
            f"case when {whole} then cast(cast({column.sql} as bigint) as varchar) "
            f"else cast({column.sql} as varchar) end"
        )
    elif column.data_type == "TIMESTAMP WITH TIME ZONE":
        text = f"cast(timezone('UTC', {column.sql}) as varchar)"
    else:
        text = f"cast({column.sql} as varchar)"
    empty = ", ".join(text_literal(word) for word in _EMPTY)
    return f"case when lower(trim({text})) in ({empty}) then null else trim({text}) end"


def _other_columns(columns: Sequence[GivenColumn]) -> str:
    """A JSON object of the columns that an adapter does not read; empty ones are left out."""
    if not columns:
        return "cast(null as varchar)"
    fields = ", ".join(
        f"{text_literal(column.name)}, "
        + (f"nullif({column.sql}, 'null')" if column.data_type == "JSON" else _text(column))
        for column in columns
    )
    merged = f"cast(json_merge_patch('{{}}', json_object({fields})) as varchar)"
    return f"nullif({merged}, '{{}}')"


def _is_personal(name: str, adapter: Adapter) -> bool:
    folded = fold_name(name)
    return folded in adapter.personal or is_personal(folded)


def _select_yielded(connection: duckdb.DuckDBPyConnection, main: SourceFile, table: Table) -> str:
    """Make `yielded_rows`: the contract rows of one table as text, with the record of each."""
    sql = _statement(main.source.adapter.sql[table.name, main.role.name])
    described = connection.execute(f"describe {sql}").fetchall()
    columns = {str(row[0]): identifier(str(row[0])) for row in described}
    unknown = set(columns) - {"record", *table.column_names}
    if unknown or "record" not in columns:
        raise RawAccountingError(
            f"{main.source.adapter.name}, {table.name}.sql: {unknown or 'record'}"
        )
    columns = {
        name: f"cast(yielded.{sql_name} as varchar)"
        for name, sql_name in columns.items()
        if name != "record"
    }
    join = ""
    if main.source.entry is not None:
        columns = _with_entry(main, table, columns)
        join = f" inner join {main.role.name} as landed on yielded.record = landed.record"
    selected = ", ".join(f"{sql} as {identifier(name)}" for name, sql in columns.items())
    connection.execute(
        f"create or replace temporary table yielded_rows as "
        f"select yielded.record, {selected} from ({sql}) as yielded{join} order by yielded.record"
    )
    connection.execute("insert into yielding_records select record from yielded_rows")
    return "select count(*) from yielded_rows"


def _with_entry(main: SourceFile, table: Table, columns: Mapping[str, str]) -> dict[str, str]:
    """Return the columns as an entry of sources.yml wants them."""
    entry, adapter = main.source.entry, main.source.adapter
    changed = dict(columns)
    if entry is None:
        return changed
    is_first = next(iter(adapter.tables)) == table.name
    names = frozenset(_columns_of(main.role))
    # Without an adapter the select was made of them already.
    is_overriding = entry.adapter is not None
    for target, text in entry.columns.items() if is_overriding else ():
        name = _own_name(target, table, is_first=is_first)
        if name is not None:
            where = f"sources.yml, line {entry.line}, column {target}"
            changed[name] = f"cast({read_column(text, names, where)} as varchar)"
    for target, value in entry.constants.items() if is_overriding else ():
        name = _own_name(target, table, is_first=is_first)
        if name is not None:
            changed[name] = text_literal(value)
    for target, words in entry.values.items():
        name = _own_name(target, table, is_first=is_first)
        if name in changed:
            changed[name] = _replaced_words(changed[name], words)
    for name, sql in changed.items():
        changed[name] = _in_contract_form(
            table.column(name), sql, entry.format, is_plain=bool(adapter.amounts)
        )
        if entry.prefix and name in _PREFIXED:
            prefix = text_literal(entry.prefix)
            changed[name] = (
                f"case when {sql} not like 'email:%' then {prefix} || {sql} else {sql} end"
            )
    return changed


def _own_name(target: str, table: Table, *, is_first: bool) -> str | None:
    """The column of a table that `column` or `table.column` names; None if it is another's."""
    owner, dot, name = target.rpartition(".")
    if dot:
        return name if owner == table.name and name in table.column_names else None
    return target if is_first and target in table.column_names else None


def _replaced_words(sql: str, words: Mapping[str, str]) -> str:
    cases = " ".join(
        f"when {folded_word(sql)} = {folded_word(text_literal(word))} then {text_literal(value)}"
        for word, value in words.items()
    )
    return f"case {cases} else {sql} end"


def _in_contract_form(column: Column, sql: str, form: Format, *, is_plain: bool) -> str:
    """Return a value as the contract has it; one that is plain already was read so by landing."""
    if column.kind == "decimal" and not is_plain:
        return _plain_decimal(sql, form)
    if column.kind not in ("timestamp", "date"):
        return sql
    if not is_plain:
        sql = _iso_date(sql, form)
    if form.timezone and column.kind == "timestamp":
        local = f"try_cast({sql} as timestamp)"
        zone = text_literal(form.timezone)
        utc = f"cast(timezone('UTC', timezone({zone}, {local})) as varchar)"
        pattern = r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?)?"
        sql = (
            f"case when regexp_full_match({sql}, {text_literal(pattern)}) then {utc} else {sql} end"
        )
    return sql


def _plain_decimal(sql: str, form: Format) -> str:
    return f"replace(replace({sql}, '.', ''), ',', '.')" if form.decimal == "," else sql


def _iso_date(sql: str, form: Format) -> str:
    if not form.dates:
        return sql
    # A time of day stands behind the date in whatever detail the file has.
    formats = [f"{form.dates}{time}" for time in (" %H:%M:%S", " %H:%M", "")]
    listed = ", ".join(text_literal(text) for text in formats)
    return f"coalesce(cast(try_strptime({sql}, [{listed}]) as varchar), {sql})"


def _load_yielded(
    connection: duckdb.DuckDBPyConnection,
    file: LandingFile,
    table: Table,
    identity: FileIdentity,
    landed: _Landed,
    folder: Path,
    *,
    yielded: int,
    excluded_ids: Collection[str],
    lines_too: bool,
    tombstones: Tombstones | None,
) -> FileResult:
    loaded = copies = refused = erased = 0
    if yielded:
        connection.execute("drop table if exists temp.judged_rows")
        described = connection.execute("describe yielded_rows").fetchall()
        columns = [
            GivenColumn(str(row[0]), identifier(str(row[0])), "VARCHAR")
            for row in described
            if row[0] != "record"
        ]
        judgement = judge(
            table,
            columns,
            from_sql="yielded_rows",
            record_sql="rowid + 1",
            excluded_ids=excluded_ids,
        )
        connection.execute(f"create temporary table judged_rows as {judgement.sql}")
        erased = set_erased_aside(connection, table, tombstones)
        copies = find_copies(connection, table)
        line = "(select record from yielded_rows where yielded_rows.rowid + 1 = judged_rows.record)"
        loaded = insert_rows(connection, table, identity, copies=copies, line_sql=line)
        refused = _quarantine(connection, file, identity, landed, judgement, folder)
    if lines_too:
        connection.execute(
            "insert into raw.quarantine select ?, reason, column_name, ?, line, text, ?, ?, null "
            "from refused_source_lines",
            [table.name, file.name, identity.run_id, identity.file_id],
        )
        refused += count_of(connection, "select count(*) from refused_source_lines")
        yielded += count_of(connection, "select count(*) from refused_source_lines")
    lines = drop_erased_lines(connection, identity.file_id, tombstones)
    refused, erased = refused - lines, erased + lines
    if erased:
        insert_set_aside(connection, identity, {ERASED: erased})
    if yielded != loaded + copies + refused + erased:
        raise RawAccountingError(
            f"{file.name}: {yielded} rows of {table.name} were made, but {loaded} loaded, {copies} "
            f"duplicate, {refused} quarantined and {erased} erased do not add up to them; nothing "
            "was kept."
        )
    return FileResult(table.name, file.name, "loaded", yielded, loaded, copies, refused, erased)


def _quarantine(
    connection: duckdb.DuckDBPyConnection,
    file: LandingFile,
    identity: FileIdentity,
    landed: _Landed,
    judgement: Judgement,
    folder: Path,
) -> int:
    """Write refused contract rows, each with the line of the source row it was made from."""
    failing = """
        select yielded_rows.*, judged_rows.verdict
        from judged_rows
        inner join yielded_rows on yielded_rows.rowid + 1 = judged_rows.record
        where judged_rows.verdict is not null
    """
    records = frozenset(
        int(row[0])
        for row in connection.execute(f"select distinct record from ({failing})").fetchall()
    )
    if not records:
        return 0
    connection.execute(
        "create or replace temporary table source_lines (record bigint, line bigint)"
    )
    if landed.layout is not None:
        target = folder / "source_lines.csv"
        write_csv_lines(*landed.layout, records, target)
        connection.execute(
            f"insert into source_lines select * from read_csv({text_literal(str(target))}, "
            "columns = {'record': 'BIGINT', 'line': 'BIGINT'}, auto_detect = false, header = false)"
        )
    return count_of(
        connection,
        f"""
        insert into raw.quarantine
        select
            $table_name, $reasons[verdict], $columns[verdict], $source_file,
            coalesce(source_lines.line, landed.line, failing.record),
            cast(json_merge_patch('{{}}', to_json(failing)) as varchar),
            $run_id, $file_id, null
        from ({failing}) as failing
        left join source_lines on failing.record = source_lines.record
        left join {landed.role} as landed on failing.record = landed.record
        """,
        {
            "table_name": file.table,
            "source_file": file.name,
            "run_id": identity.run_id,
            "file_id": identity.file_id,
            "reasons": [check.reason.value for check in judgement.checks],
            "columns": [check.column for check in judgement.checks],
        },
    )


def _statement(sql: str) -> str:
    return sql.strip().rstrip(";")


def _set_aside(
    connection: duckdb.DuckDBPyConnection, main: SourceFile, *, has_tables: bool
) -> tuple[int, dict[str, int]]:
    """Count the file's rows, and by reason those that yield nothing.

    Raises:
        RawAccountingError: a row is neither yielded nor set aside, or both.
    """
    role, adapter = main.role, main.source.adapter
    rows = count_of(connection, f"select count(*) from {role.name} where file_number = 0")
    if not has_tables:
        return rows, {f"read beside {next(iter(adapter.roles))}": rows} if rows else {}
    sql = adapter.set_aside_sql.get(role.name, "select 0 as record, '' as reason where false")
    connection.execute(f"create or replace temporary table set_aside_rows as {_statement(sql)}")
    unaccounted = count_of(
        connection,
        f"""
        select count(*)
        from {role.name} as landed
        where
            (landed.record in (select record from yielding_records))
            = (landed.record in (select record from set_aside_rows))
        """,
    )
    if unaccounted:
        raise RawAccountingError(
            f"{main.file.name}: {unaccounted} of {rows} rows were neither made into contract rows "
            f"nor set aside by the adapter {adapter.name}, or both; nothing of the file was kept."
        )
    found = connection.execute(
        "select reason, count(distinct record) from set_aside_rows group by reason order by reason"
    ).fetchall()
    return rows, {str(reason): int(count) for reason, count in found}


def _log_columns(
    connection: duckdb.DuckDBPyConnection,
    main: SourceFile,
    landed: _Landed,
    identity: FileIdentity,
) -> None:
    became = _BECAME[main.role.others]
    noted = [(name, "not loaded: personal") for name in landed.personal]
    noted += [(name, became) for name in landed.unknown]
    for name, action in noted:
        connection.execute(
            "insert into raw.schema_log values (?, ?, 'VARCHAR', ?, ?, ?, ?)",
            [main.file.table, name, action, main.file.name, identity.file_id, identity.run_id],
        )
