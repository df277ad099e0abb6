"""What a failed data test found, in words: the table, what is wrong, how many rows, which, whence.

Belongs here: running the test's own SQL again and telling of its rows, without anything personal.
Does not belong here: deciding whether a failure matters (`gate`), or what a claim is (the test).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from orchestration.database_files import open_quietly
from orchestration.ingest.findings import RATE_WAYS_OUT
from orchestration.ingest.raw_contract import Table, load_contract
from orchestration.masking import masked_value
from orchestration.settings.paths import StateDir
from orchestration.sql_text import identifier, text_literal

_MOST_EXAMPLES = 3
_MOST_BREACHES = 5
_LONGEST_VALUE = 80
# Columns that tell rows apart and hold nothing a person wrote; ids are pseudonyms, and one that
# looks like an address or a number to call is masked all the same.
_SAFE_NAME = re.compile(
    r"(.*_)?(id|key|on|month|date|day|week|period|grain|stage|health|framework|kpi|rule|signal|"
    r"measure|scope|name|table_name|source_table|currency|amounts|expectation|item|dimension|"
    r"copies|no|valid_from|period_start)"
)
_PERSONAL_NAME = re.compile(r".*(first|last|full|customer|person|user|contact|display)_?name.*")
_QUOTED = re.compile(r'"([^"]*)"')
_DAY_OR_TIME = re.compile(r"\d{4}-\d{2}-\d{2}( .*)?")
# Laws of which more can be said than where the rows stand.
_WAYS_OUT = {"all_money_has_a_rate": f"{RATE_WAYS_OUT[0].upper()}{RATE_WAYS_OUT[1:]}"}

Example = Mapping[str, str]


@dataclass(frozen=True)
class Breach:
    """A claim that some rows break.

    Attributes:
        said: what is wrong, in words that follow on the name of the table.
        rows: number of rows.
        examples: what names a row, for a few of them, fit to be told.
        keys: the same rows as they are, to look them up by; never told.
    """

    said: str
    rows: int
    examples: Sequence[Example]
    keys: Sequence[Example]


def breach_sentences(state: StateDir, manifest: Mapping[str, Any], unique_id: str) -> list[str]:
    """Return a sentence for each claim that a failed test found broken; none if it finds nothing.

    Args:
        state: the state directory whose working database was judged.
        manifest: dbt's manifest, with the compiled SQL of the test.
        unique_id: the test.
    """
    test = manifest["nodes"][unique_id]
    seed = str(test.get("attached_node") or "").partition("seed.")[2].rpartition(".")[2]
    tables = _judged_tables(manifest, test)
    known_way_out = _WAYS_OUT.get(str(test["name"]))
    sentences: list[str] = []
    try:
        with open_working(state) as working:
            breaches = _breaches(working, test)
            for breach in breaches[:_MOST_BREACHES]:
                lines = [] if seed or known_way_out else _source_lines(working, breach.keys)
                if known_way_out:
                    way_out = known_way_out
                elif seed:
                    way_out = f"Correct {seed}.csv among the rules and build again."
                elif lines:
                    way_out = f"Correct {' and '.join(lines)} and build again."
                else:
                    way_out = f"The rows stand in {state.working_database}."
                sentences.append(f"{tables}: {_told(breach)}. {way_out}")
    except duckdb.Error:
        return []
    more = len(breaches) - _MOST_BREACHES
    return [*sentences, f"{tables}: {more} more claims are broken."] if more > 0 else sentences


def sample_keys(state: StateDir, sql: str) -> list[Example]:
    """Return what names the first rows that a test found, without anything personal."""
    if not sql:
        return []
    try:
        with open_working(state) as working:
            found = working.execute(f"select * from ({sql}) limit {_MOST_EXAMPLES}")
            return masked([str(column[0]) for column in found.description or []], found.fetchall())
    except duckdb.Error:
        return []


def masked(names: Sequence[str], rows: Sequence[Sequence[object]]) -> list[Example]:
    """Keep the columns that name rows, and mask values that look like a way to reach somebody."""
    safe = [name for name in names if _SAFE_NAME.fullmatch(name)]
    return _fit_to_be_told(_as_texts(names, rows, safe))


def open_working(state: StateDir) -> duckdb.DuckDBPyConnection:
    """Open the working database as dbt had it, to read."""
    working = open_quietly(state.working_database, read_only=True)
    # Views of staging read raw under the name that dbt attached it with.
    working.execute(f"attach {text_literal(str(state.raw_database))} as raw_db (read_only)")
    working.execute("set TimeZone = 'UTC'")
    return working


def _breaches(working: duckdb.DuckDBPyConnection, test: Mapping[str, Any]) -> list[Breach]:
    """Run the test again: what `sound_rows` says of its rows, or the one claim that a law is."""
    found = working.execute(str(test.get("compiled_code") or "select 1 where false"))
    names = [str(column[0]) for column in found.description or []]
    if names[:2] == ["breach", "broken_rows"]:
        by_breach: defaultdict[tuple[str, int], list[Sequence[object]]] = defaultdict(list)
        for row in found.fetchall():
            by_breach[_QUOTED.sub(_masked_quote, str(row[0])), int(row[1])].append(row)
        return [
            Breach(said, rows, _fit_to_be_told(keys), keys)
            for (said, rows), examples in sorted(by_breach.items(), key=lambda item: item[0])
            for keys in [_as_texts(names, examples, names[2:])]
        ]
    examples = found.fetchmany(_MOST_EXAMPLES)
    rows = len(examples)
    while more := found.fetchmany(10_000):
        rows += len(more)
    said = f"it does not hold that {str(test['name']).replace('_', ' ')}"
    keys = _as_texts(names, examples, names)
    return [Breach(said, rows, masked(names, examples), keys)] if rows else []


def _as_texts(
    names: Sequence[str], rows: Sequence[Sequence[object]], kept: Sequence[str]
) -> list[Example]:
    places = [names.index(name) for name in kept]
    return [
        {name: str(row[place]) for name, place in zip(kept, places, strict=True)}
        for row in rows
        if kept
    ]


def _fit_to_be_told(rows: Sequence[Example]) -> list[Example]:
    """Leave out columns that are tagged as personal, or named so, and mask addresses."""
    tagged = {
        column.name for table in load_contract().tables for column in table.columns if column.is_pii
    }
    return [
        {
            name: _short_value(value)
            for name, value in row.items()
            if name not in tagged and not _PERSONAL_NAME.fullmatch(name)
        }
        for row in rows
    ]


def _masked_quote(quote: re.Match[str]) -> str:
    return f'"{_short_value(quote[1])}"'


def _short_value(value: str) -> str:
    return masked_value(value[:_LONGEST_VALUE])


def _told(breach: Breach) -> str:
    rows = "1 row" if breach.rows == 1 else f"{breach.rows:,} rows"
    keys = [", ".join(f"{name} {value}" for name, value in key.items()) for key in breach.examples]
    if not keys:
        return f"{breach.said} in {rows}"
    return f"{breach.said} in {rows} ({'; '.join(keys)}{'; …' if breach.rows > len(keys) else ''})"


def _judged_tables(manifest: Mapping[str, Any], test: Mapping[str, Any]) -> str:
    """Name the table a generic test is of, or the tables that a law reads."""
    attached = test.get("attached_node")
    judged = [attached] if attached else test.get("depends_on", {}).get("nodes", [])
    nodes = [manifest["nodes"][node] for node in sorted(judged) if node in manifest["nodes"]]
    return ", ".join(f"{node.get('schema')}.{node.get('alias') or node['name']}" for node in nodes)


def _source_lines(working: duckdb.DuckDBPyConnection, examples: Sequence[Example]) -> list[str]:
    """Say from which lines of which landing files the rows came, where their key is a raw one."""
    table = _raw_table(examples[0]) if examples else None
    if table is None:
        return []
    is_the_row = " and ".join(
        f"cast({identifier(key)} as varchar) = ?" for key in table.primary_key
    )
    lines: list[str] = []
    try:
        for example in examples:
            found = working.execute(
                f"select distinct path, _line from raw_db.raw.{identifier(table.name)} as landed "
                "inner join raw_db.raw.ingest_files as files on landed._file_id = files.file_id "
                f"where {is_the_row} order by all limit 2",
                [example[key] for key in table.primary_key],
            )
            lines += [f"{path} line {line}" for path, line in found.fetchall()]
    except duckdb.Error:
        return []  # Another loader filled raw, and keeps no line numbers.
    return list(dict.fromkeys(lines))


def _raw_table(example: Example) -> Table | None:
    """Return the raw table whose key the example holds; the longest key says most."""
    fitting = [table for table in load_contract().tables if set(table.primary_key) <= set(example)]
    return max(fitting, key=lambda table: len(table.primary_key), default=None)
