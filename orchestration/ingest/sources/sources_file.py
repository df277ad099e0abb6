"""`sources.yml`, and what it and the files themselves say about each file of a landing directory.

Belongs here: reading the file, each mistake as a sentence with its line, and the plan: which files
are in contract shape and which belong to a source in another shape. Does not belong here: telling
layouts apart (recognition), reading rows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Literal, cast
from zoneinfo import available_timezones

import duckdb
import yaml

from orchestration.errors import InputError, nearest, sentence, shown
from orchestration.ingest.column_names import fold_name
from orchestration.ingest.landing_directory import (
    EXTENSIONS,
    IgnoredFile,
    Landing,
    LandingFile,
    is_readable,
)
from orchestration.ingest.raw_contract import Contract, Table
from orchestration.ingest.sources.adapter import Adapter, Role
from orchestration.ingest.sources.expressions import (
    COPY_NUMBER,
    ROW_COLUMNS,
    ExpressionError,
    read_expression,
)
from orchestration.ingest.sources.recognition import (
    AmbiguousLayoutError,
    Header,
    Match,
    has_contract_shape,
    read_header,
    recognise,
)
from orchestration.small_files import written_text
from orchestration.sql_text import identifier, text_literal

SOURCES_FILE = "sources.yml"
# The relation that a source without an adapter is read from.
FILE_ROWS = "file_rows"
_KEYS = (
    "files", "adapter", "table", "format", "columns", "values", "constants", "prefix", "orders",
    "events", "visits", "link_by_email",
)  # fmt: skip
_FORMAT_KEYS = ("decimal", "delimiter", "dates", "timezone", "encoding")
_DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True)
class Format:
    """How a source writes numbers, dates and text; None for how the contract does."""

    decimal: str | None = None
    delimiter: str | None = None
    dates: str | None = None
    timezone: str | None = None
    encoding: str | None = None


@dataclass(frozen=True)
class Entry:
    """One entry of sources.yml.

    Attributes:
        line: where it begins in the file.
        files: glob below the landing directory.
        adapter: name of an adapter; None for the mapping written here.
        table: contract table that is filled; None if the columns tell.
        format: of its text.
        columns: contract column (`table.column` for any but the main table) to the file's.
        values: contract column to its words.
        constants: contract column to the value of every row.
        prefix: put before ids.
        orders: `always`, `never`, `until` a day, or None for the order of kinds.
        orders_until: that day.
        events: `always` to count behaviour beside another source's.
        visits: whether this source's visits are the ones that count.
        link_by_email: whether equal addresses mean equal customers.
    """

    line: int
    files: str
    adapter: str | None = None
    table: str | None = None
    format: Format = field(default_factory=Format)
    columns: Mapping[str, str] = field(default_factory=dict[str, str])
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    constants: Mapping[str, str] = field(default_factory=dict[str, str])
    prefix: str = ""
    orders: Literal["always", "never", "until"] | None = None
    orders_until: date | None = None
    events: Literal["always"] | None = None
    visits: bool = False
    link_by_email: bool = True


@dataclass(frozen=True)
class Source:
    """Files of one layout that belong together.

    Attributes:
        name: how messages and staging call it.
        adapter: how its rows become contract rows.
        entry: what sources.yml says of it; None for a recognised one.
    """

    name: str
    adapter: Adapter
    entry: Entry | None

    @property
    def fingerprint(self) -> str:
        """Text that changes when the same file would be read otherwise."""
        entry = self.entry or Entry(0, "")
        # Which rows count is decided anew by every run, and is no part of how they are read.
        read = (entry.table, entry.format, entry.columns, entry.values, entry.constants)
        return f"{self.adapter.name} {(*read, entry.prefix)}"


@dataclass(frozen=True)
class SourceFile:
    """A landing file that an adapter reads, as one of its roles."""

    file: LandingFile
    source: Source
    role: Role


@dataclass(frozen=True)
class Plan:
    """What each file of a landing directory is.

    Attributes:
        contract_files: files in contract shape, or to be refused as such.
        source_files: files that adapters read, in order of name.
        ignored: files that feed nothing.
        notes: a sentence per source that was recognised.
    """

    contract_files: tuple[LandingFile, ...]
    source_files: tuple[SourceFile, ...]
    ignored: tuple[IgnoredFile, ...]
    notes: tuple[str, ...]


def plan_sources(
    connection: duckdb.DuckDBPyConnection,
    raw_dir: Path,
    landing: Landing,
    entries: Sequence[Entry],
    contract: Contract,
    adapters: Mapping[str, Adapter],
) -> Plan:
    """Decide for each file of a landing directory how it is read.

    Raises:
        InputError: two entries name one file, or an entry does not fit its file.
    """
    planner = _Planner(connection, raw_dir, entries, contract, adapters)
    unplaced = {file.name: file for file in unplaced_files(raw_dir, landing)}
    for file in landing.files:
        planner.place(file)
    for file in unplaced.values():
        planner.place(file)
    placed = {source_file.file.name for source_file in planner.source_files}
    ignored = [entry for entry in landing.ignored if not _is_inside(entry.name, placed)]
    left = [name for name in unplaced if name not in placed and _is_inside_any(name, ignored)]
    ignored = [entry for entry in ignored if entry.name not in (SOURCES_FILE,)]
    ignored += [
        IgnoredFile(name, _nothing_known(planner.headers.get(name)))
        for name in left
        if all(entry.name != name for entry in ignored)
    ]
    return Plan(
        contract_files=tuple(planner.contract_files),
        source_files=tuple(sorted(planner.source_files, key=lambda placed: placed.file.name)),
        ignored=tuple(sorted(ignored)),
        notes=planner.notes(),
    )


class _Planner:
    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        raw_dir: Path,
        entries: Sequence[Entry],
        contract: Contract,
        adapters: Mapping[str, Adapter],
    ) -> None:
        self._connection = connection
        self._contract = contract
        self._adapters = adapters
        self._entries = [
            (
                entry,
                frozenset(
                    path.relative_to(raw_dir).as_posix() for path in raw_dir.glob(entry.files)
                ),
            )
            for entry in entries
        ]
        self.contract_files: list[LandingFile] = []
        self.source_files: list[SourceFile] = []
        self.headers: dict[str, Header | None] = {}

    def place(self, file: LandingFile) -> None:
        entry = self._entry_of(file)
        form = entry.format if entry else Format()
        header = read_header(
            self._connection, file, delimiter=form.delimiter, encoding=form.encoding
        )
        self.headers[file.name] = header
        if entry is not None:
            self._place_by_entry(file, entry, header)
        elif header is None or has_contract_shape(file, header, self._contract):
            self._place_as_contract(file)
        else:
            match = self._recognised(file, header)
            if match is None:
                self._place_as_contract(file)
            else:
                self._add(file, Source(match.adapter.name, match.adapter, None), match.role)

    def notes(self) -> tuple[str, ...]:
        told: dict[str, list[str]] = {}
        for placed in self.source_files:
            if placed.source.entry is None:
                told.setdefault(placed.source.adapter.title, []).append(placed.file.name)
        return tuple(
            f"{_listed(names)}: recognised as {title}." for title, names in sorted(told.items())
        )

    def _entry_of(self, file: LandingFile) -> Entry | None:
        found = [entry for entry, names in self._entries if file.name in names]
        if len(found) > 1:
            lines = " and ".join(str(entry.line) for entry in found)
            message = f"{SOURCES_FILE}, lines {lines}: {shown(file.name)} belongs to two entries"
            raise InputError(f"{message}; change the globs so that one fits it.")
        return found[0] if found else None

    def _recognised(self, file: LandingFile, header: Header) -> Match | None:
        try:
            return recognise(header, self._adapters)
        except AmbiguousLayoutError as error:
            names = [match.adapter.name for match in error.matches]
            raise InputError(
                f"{file.name} may be {' or '.join(names)}; say which in {SOURCES_FILE}:\n"
                f"sources:\n  - files: {text_literal(file.name)}\n    adapter: {names[0]}"
            ) from error

    def _place_as_contract(self, file: LandingFile) -> None:
        if file.table in self._contract.table_names:
            self.contract_files.append(file)

    def _place_by_entry(self, file: LandingFile, entry: Entry, header: Header | None) -> None:
        where = f"{SOURCES_FILE}, line {entry.line}"
        if header is None:
            raise InputError(f"{where}: {shown(file.name)} has no column names that can be read.")
        if entry.adapter is None:
            adapter = adapter_of_entry(entry, header, file, self._contract)
            self._add(file, Source(entry.files, adapter, entry), adapter.roles[FILE_ROWS])
            return
        adapter = self._adapters[entry.adapter]
        roles = [role for role in adapter.roles.values() if role.fitting(header.folded)]
        if not roles:
            layout = next(iter(adapter.roles.values())).layouts[0]
            lacking = [texts[0] for texts in layout.must if not header.folded.intersection(texts)]
            raise InputError(
                f"{where}: {shown(file.name)} is not {adapter.name}; it lacks "
                f"{', '.join(lacking) or 'nothing, but has columns that such a file has not'}."
            )
        name = f"{adapter.name} {entry.prefix}".strip()
        self._add(file, Source(name, adapter, entry), roles[0])

    def _add(self, file: LandingFile, source: Source, role: Role) -> None:
        tables = source.adapter.tables_of(role.name) or tuple(source.adapter.tables)
        self.source_files.append(SourceFile(replace(file, table=tables[0]), source, role))


def adapter_of_entry(
    entry: Entry, header: Header, file: LandingFile, contract: Contract
) -> Adapter:
    """Make the adapter that an entry without one describes, for a file with these columns.

    A contract column that the entry leaves out is read from the file's column of that name.

    Raises:
        InputError: names the line, and what the file lacks.
    """
    where = f"{SOURCES_FILE}, line {entry.line}"
    main = _table_of(entry, file, contract, where)
    names = header.folded
    columns: dict[str, dict[str, str]] = {
        main.name: {name: identifier(name) for name in main.column_names if name in names}
    }
    for target, text in entry.columns.items():
        table, name = _target(target, main, contract, where)
        sql = read_column(text, names, f"{where}, column {target}")
        columns.setdefault(table, {})[name] = sql
    for target, text in entry.constants.items():
        table, name = _target(target, main, contract, where)
        columns.setdefault(table, {})[name] = text_literal(text)
    for name, given in columns.items():
        _require(
            contract.table(name),
            given,
            is_main=name == main.name,
            file=file,
            names=header.names,
            where=where,
        )
    if main.merges_extra_columns:
        columns[main.name]["properties"] = _with_other_columns(columns[main.name])
    used = " ".join(sql for given in columns.values() for sql in given.values())
    relation = FILE_ROWS
    if identifier(COPY_NUMBER) in used:
        every = ", ".join([identifier(name) for name in names if identifier(name) in used])
        relation = (
            f"(select *, row_number() over (partition by {every}, other_columns order by record) "
            f"as {COPY_NUMBER} from {FILE_ROWS})"
        )
    read: dict[str, tuple[str, ...]] = {name: () for name in names if identifier(name) in used}
    return Adapter(
        name=SOURCES_FILE,
        title=f"the mapping of {where}",
        kind="contract",
        family=entry.files,
        visits=1 if main.name == "events" else None,
        states_creation=True,
        roles={
            FILE_ROWS: Role(
                FILE_ROWS,
                (),
                read,
                {},
                "to_properties" if main.merges_extra_columns else "left_out",
            )
        },
        tables=dict.fromkeys(columns, (FILE_ROWS,)),
        sql={
            (name, FILE_ROWS): _select(given, relation)
            if name == main.name
            # A row without the key of another table than its own is none of that table's.
            else _select(given, relation, given[contract.table(name).primary_key[0]])
            for name, given in columns.items()
        },
        shared_sql={},
        set_aside_sql={},
        personal=frozenset(),
        amounts=frozenset(),
        instants=frozenset(),
        mapping=(),
        notes="",
    )


def _target(target: str, main: Table, contract: Contract, where: str) -> tuple[str, str]:
    """Return the table and the column that `column` or `table.column` of an entry names."""
    owner, dot, name = target.rpartition(".")
    if dot and owner not in contract.table_names:
        hint = nearest(owner, contract.table_names)
        raise InputError(sentence(f"{where}: there is no table {shown(owner)}{hint}"))
    table = contract.table(owner) if dot else main
    if name not in table.column_names:
        hint = nearest(name, table.column_names)
        raise InputError(sentence(f"{where}: {table.name} has no column {shown(name)}{hint}"))
    return table.name, name


def _require(
    table: Table,
    given: Collection[str],
    *,
    is_main: bool,
    file: LandingFile,
    names: Sequence[str],
    where: str,
) -> None:
    missing = [
        column.name for column in table.columns if column.required and column.name not in given
    ]
    if missing:
        asked = ", ".join(name if is_main else f"{table.name}.{name}" for name in missing)
        raise InputError(
            f"{where}: {table.name} needs {asked} too; name the column or the expression of each "
            f"under columns ({shown(file.name)} has: {', '.join(names)})."
        )


def _with_other_columns(columns: Mapping[str, str]) -> str:
    """Return the properties of an event: those named, over the columns that nothing names."""
    named = columns.get("properties")
    if named is None:
        return "other_columns"
    return (
        f"case when json_valid({named}) then "
        f"cast(json_merge_patch(coalesce(other_columns, '{{}}'), {named}) as varchar) "
        f"else coalesce({named}, other_columns) end"
    )


def _select(columns: Mapping[str, str], relation: str, key: str | None = None) -> str:
    selected = ",\n    ".join(f"{sql} as {name}" for name, sql in columns.items())
    where = f"\nwhere {key} is not null" if key else ""
    return f"select\n    record,\n    {selected}\nfrom {relation}{where}"


def read_column(text: str, columns: Collection[str], where: str) -> str:
    """Return what an entry says of a column as SQL: a column's name, or an expression behind `=`.

    Raises:
        InputError: begins with `where`.
    """
    if text.lstrip().startswith("="):
        try:
            return read_expression(text.lstrip()[1:], [*columns, *ROW_COLUMNS])
        except ExpressionError as error:
            raise InputError(sentence(f"{where}: the expression {error}")) from error
    name = fold_name(text)
    if name not in columns:
        hint = nearest(name, columns)
        raise InputError(sentence(f"{where}: the file has no column {shown(text)}{hint}"))
    return identifier(name)


def _table_of(entry: Entry, file: LandingFile, contract: Contract, where: str) -> Table:
    if entry.table is not None:
        return contract.table(entry.table)
    if file.table in contract.table_names:
        return contract.table(file.table)
    given = {*entry.columns, *entry.constants}
    fitting = [
        table
        for table in contract.tables
        if all(column.name in given for column in table.columns if column.required)
    ]
    if len(fitting) != 1:
        tables = ", ".join(contract.table_names)
        raise InputError(
            f"{where}: say which table {shown(file.name)} fills (table: one of {tables})."
        )
    return fitting[0]


def unplaced_files(raw_dir: Path, landing: Landing) -> Iterator[LandingFile]:
    """Files with a known extension that no table's name claims; hidden ones and copies not."""
    known = {file.name for file in landing.files}
    for entry in landing.ignored:
        path = raw_dir / entry.name
        folders = [path] if path.is_dir() and not path.is_symlink() else []
        paths = sorted(folders[0].rglob("*")) if folders else [path]
        for found in paths:
            name = found.relative_to(raw_dir).as_posix()
            file = _landing_file(found, name)
            if file is not None and name not in known and found.is_file():
                known.add(name)
                yield file


def _landing_file(path: Path, name: str) -> LandingFile | None:
    if not is_readable(path):
        return None
    if any(part.startswith((".", "_")) or not part.isprintable() for part in Path(name).parts):
        return None
    folded = path.name.casefold()
    for extension, (kind, is_gzip) in EXTENSIONS.items():
        if folded.endswith(extension):
            return LandingFile("", name, path, kind, is_gzip)
    return None


def _is_inside(ignored: str, placed: Collection[str]) -> bool:
    return any(name == ignored or name.startswith(f"{ignored}/") for name in placed)


def _is_inside_any(name: str, ignored: Sequence[IgnoredFile]) -> bool:
    return not any(name == entry.name or name.startswith(f"{entry.name}/") for entry in ignored)


def _nothing_known(header: Header | None) -> str:
    columns = ", ".join(header.names[:12]) if header else "none that can be read"
    return f"no raw table has its name and no adapter its columns ({columns})"


def _listed(names: Sequence[str]) -> str:
    shown_names = ", ".join(names[:3])
    return shown_names if len(names) <= 3 else f"{shown_names} and {len(names) - 3} more files"


def find_sources_file(raw_dir: Path, given: Path | None) -> Path | None:
    """Return the sources file: the one given, else the one in the landing directory."""
    if given is not None:
        return given
    path = raw_dir / SOURCES_FILE
    return path if path.exists() else None


def read_entries(
    path: Path | None, contract: Contract, adapters: Mapping[str, Adapter]
) -> tuple[Entry, ...]:
    """Read sources.yml; none for no file.

    Raises:
        InputError: one sentence per mistake, each with the line.
    """
    if path is None:
        return ()
    text = written_text(path)
    try:
        document = cast("yaml.Node | None", yaml.compose(text, Loader=yaml.SafeLoader))  # pyright: ignore[reportUnknownMemberType]
    except RecursionError:
        raise InputError(f"{path.name}: this is nested too deep for a list of sources.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise InputError(
            f"{path.name}{line}: this is not YAML ({getattr(error, 'problem', '')})."
        ) from error
    reader = _Reader(path.name, contract, adapters)
    entries = reader.entries(document)
    if reader.problems:
        raise InputError("\n".join(reader.problems))
    return entries


class _Reader:
    """Reads the nodes of sources.yml and collects a sentence for each mistake."""

    def __init__(self, name: str, contract: Contract, adapters: Mapping[str, Adapter]) -> None:
        self._name = name
        self._contract = contract
        self._adapters = adapters
        self.problems: list[str] = []

    def entries(self, document: yaml.Node | None) -> tuple[Entry, ...]:
        top = self._mapping(document, ("sources",), "the file")
        nodes = top.get("sources")
        if nodes is not None and nodes.tag == "tag:yaml.org,2002:null":
            # Nothing but the drafts of `lifecycle init`, which are comments.
            return ()
        if not isinstance(nodes, yaml.SequenceNode):
            self._refuse(document, "write `sources:` and below it a list, an entry for each source")
            return ()
        return tuple(self._entry(node) for node in cast("list[yaml.Node]", nodes.value))

    def _entry(self, node: yaml.Node) -> Entry:
        given = self._mapping(node, _KEYS, "an entry")
        line = node.start_mark.line + 1
        adapter = self._word(given.get("adapter"), [*self._adapters, "none"], "the adapter")
        orders, until = self._orders(given.get("orders"))
        files = self._text(given.get("files"))
        if not files:
            self._refuse(node, 'an entry needs files, a glob such as "orders_export*.csv"')
        elif Path(files).is_absolute() or ".." in Path(files).parts:
            self._refuse(given["files"], "files lie below the landing directory")
            files = ""
        return Entry(
            line=line,
            files=files or "*.nothing",
            adapter=None if adapter == "none" else adapter,
            table=self._word(given.get("table"), self._contract.table_names, "the table"),
            format=self._format(given.get("format")),
            columns=self._texts(given.get("columns")),
            values={
                column: self._texts(words)
                for column, words in self._mapping(given.get("values"), None, "values").items()
            },
            constants=self._texts(given.get("constants")),
            prefix=self._text(given.get("prefix")) or "",
            orders=orders,
            orders_until=until,
            events=cast(
                "Literal['always'] | None",
                self._word(given.get("events"), ("always",), "events"),
            ),
            visits=self._truth(given.get("visits"), default=False),
            link_by_email=self._truth(given.get("link_by_email"), default=True),
        )

    def _format(self, node: yaml.Node | None) -> Format:
        given = self._mapping(node, _FORMAT_KEYS, "format")
        zone = self._text(given.get("timezone"))
        if zone and zone not in available_timezones():
            hint = nearest(zone, available_timezones(), cutoff=0.75)
            self._refuse(given["timezone"], f"{shown(zone)} is no IANA time zone{hint}")
        encoding = self._text(given.get("encoding"))
        try:
            "".encode(encoding or "utf-8")
        except LookupError:
            self._refuse(given["encoding"], f"the encoding {shown(encoding or '')} is unknown")
        delimiter = self._text(given.get("delimiter"))
        delimiter = {"\\t": "\t", "tab": "\t"}.get(delimiter or "", delimiter)
        if delimiter and delimiter not in _DELIMITERS:
            self._refuse(given["delimiter"], "the delimiter is one of , ; | and tab")
        decimal = self._word(given.get("decimal"), (".", ","), "the decimal mark")
        return Format(decimal, delimiter, self._text(given.get("dates")), zone, encoding)

    def _orders(
        self, node: yaml.Node | None
    ) -> tuple[Literal["always", "never", "until"] | None, date | None]:
        text = self._text(node)
        if text is None:
            return None, None
        if text in ("always", "never"):
            return text, None
        word, _, day = text.partition(" ")
        try:
            if word != "until":
                raise ValueError
            return "until", date.fromisoformat(day.strip())
        except ValueError:
            self._refuse(node, "orders must be always, never or `until YYYY-MM-DD`")
            return None, None

    def _mapping(
        self, node: yaml.Node | None, known: Sequence[str] | None, what: str
    ) -> dict[str, yaml.Node]:
        if node is None:
            return {}
        if not isinstance(node, yaml.MappingNode):
            self._refuse(node, f"{what} must be written as `name: value` pairs")
            return {}
        found: dict[str, yaml.Node] = {}
        for key, value in cast("list[tuple[yaml.Node, yaml.Node]]", node.value):
            name = str(cast("Any", key).value)
            if known is not None and name not in known:
                hint = nearest(name, known) or f"; known are {', '.join(known)}"
                self._refuse(key, f"{shown(name)} is unknown in {what}{hint}")
            elif name in found:
                self._refuse(key, f"{shown(name)} is written twice")
            else:
                found[name] = value
        return found

    def _texts(self, node: yaml.Node | None) -> dict[str, str]:
        return {
            name: self._text(value) or ""
            for name, value in self._mapping(node, None, "this").items()
        }

    def _text(self, node: yaml.Node | None) -> str | None:
        if node is None:
            return None
        if not isinstance(node, yaml.ScalarNode):
            self._refuse(node, "one value is expected here")
            return None
        return str(node.value)

    def _word(self, node: yaml.Node | None, known: Collection[str], what: str) -> str | None:
        text = self._text(node)
        if text is None or text in known:
            return text
        hint = nearest(text, known)
        self._refuse(
            node, f"{what} {shown(text)} is unknown{hint or '; known are ' + ', '.join(known)}"
        )
        return None

    def _truth(self, node: yaml.Node | None, *, default: bool) -> bool:
        text = self._text(node)
        if text is None:
            return default
        if text.casefold() not in ("true", "false"):
            self._refuse(node, "true or false is expected here")
        return text.casefold() == "true"

    def _refuse(self, node: yaml.Node | None, problem: str) -> None:
        line = node.start_mark.line + 1 if node is not None else 1
        self.problems.append(sentence(f"{self._name}, line {line}: {problem}"))
