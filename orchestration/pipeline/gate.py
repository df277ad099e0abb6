"""The one gate between the working database and the readers.

Belongs here: every reason not to publish a finished dbt run, and the pass that publishing asks for.
Does not belong here: running anything, or copying anything. A check that cannot run, an empty
suite or an empty table closes the gate; nothing is taken on trust.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb

from orchestration.database_files import columns_of, open_quietly
from orchestration.errors import GateClosedError, first_line
from orchestration.masking import masked_contacts, masked_text
from orchestration.pipeline.breaches import breach_sentences
from orchestration.pipeline.dbt_run import BuildIdentity, DbtRun, NodeResult
from orchestration.settings.paths import StateDir
from orchestration.sql_text import identifier

MARTS_SCHEMA = "marts"
# A mart of this folder without rows means that something upstream lost the data.
_NEVER_EMPTY_FOLDER = "marts/lifecycle/"
_RUNNABLE = frozenset({"model", "seed", "snapshot", "test"})
_MOST_REASONS_SHOWN = 20
_FULL_DISK = ("No space left on device", "Disk quota exceeded", "File too large")
_LONGEST_SAID = 400
# Of these DuckDB hashes alike what is not: 0 and -0, no list and an empty one.
_HASHED_ALIKE = re.compile(r"(DOUBLE|FLOAT|INTERVAL|STRUCT|MAP|UNION)\b.*|.*\]")
_NODE_ID = re.compile(r"\b(?:model|seed|source|test|macro)\.customer_lifecycle\.(\w+)")


@dataclass(frozen=True)
class Mart:
    """One published table, as its dbt model describes it.

    Attributes:
        name: table name in schema `marts`.
        folder: directory of the model, such as `marts/lifecycle/`.
        description: the model's description.
        columns: description by column name, in contract order.
        primary_key: columns that order the rows and tell them apart.
        may_be_empty: whether the model says so, as one over finished periods does.
        types: data type by column in the working database, in contract order.
        rows: number of rows in the working database.
        content: sum of the hashes of its rows there: neither their order nor their repetition is
            lost in it, as in an exclusive or.
    """

    name: str
    folder: str
    description: str
    columns: Mapping[str, str]
    primary_key: tuple[str, ...]
    may_be_empty: bool = False
    types: Mapping[str, str] = field(default_factory=dict[str, str])
    rows: int = 0
    content: int = 0


@dataclass(frozen=True)
class Fingerprint:
    """What changes when somebody writes to a database: inode, size and time of the last change.

    What was written last may still lie in the write-ahead log beside it, which counts as well.
    """

    files: tuple[tuple[int, int, int] | None, ...]


@dataclass(frozen=True)
class GatePass:
    """What the gate let through: these marts of this very working database.

    Attributes:
        identity: the build that was judged.
        marts: what may be published.
        working: the working database as it was judged.
        tests: number of tests that passed.
        warnings: sentences of checks that only warn.
    """

    identity: BuildIdentity
    marts: tuple[Mart, ...]
    working: Fingerprint
    tests: int
    warnings: tuple[str, ...]


def gate(
    state: StateDir,
    run: DbtRun,
    identity: BuildIdentity,
    more_reasons: Sequence[str] = (),
    more_warnings: Sequence[str] = (),
) -> GatePass:
    """Judge a finished dbt run; return the pass that `publish` asks for.

    Args:
        state: the state directory whose working database was built.
        run: what dbt left.
        identity: the build it belongs to.
        more_reasons: reasons other checks of the same run found, each one sentence.
        more_warnings: what those checks only tell, each one sentence.

    Raises:
        GateClosedError: lists every reason not to publish.
    """
    if said := _full_disk(run):
        # Everything else that is missing then follows from it.
        raise GateClosedError(
            [f"The disk of {state.root} is full ({said}); free some, build again."]
        )
    working = fingerprint(state)
    marts = read_marts(run.manifest)
    reasons = [
        *_process_reasons(run),
        *_result_reasons(state, run),
        *_coverage_reasons(run, marts),
        *_contract_reasons(run.manifest, marts),
        *accounting_reasons(state),
        *more_reasons,
    ]
    counted = marts
    if working is None:
        reasons.append(f"The working database {state.working_database} does not exist.")
    elif not reasons:
        # Only a run without faults leaves tables worth opening.
        counted, table_reasons = judge_tables(state, marts)
        reasons += table_reasons
    if reasons or working is None:
        raise GateClosedError(_shortened(reasons))
    return GatePass(
        identity=identity,
        marts=counted,
        working=working,
        tests=sum(result.status == "pass" for result in run.results),
        warnings=(*_warnings(state, run), *more_warnings),
    )


def fingerprint(state: StateDir) -> Fingerprint | None:
    """Return the fingerprint of the working database, None when there is none."""
    if not state.working_database.exists():
        return None
    log = Path(f"{state.working_database}.wal")
    return Fingerprint(tuple(map(_stamp, (state.working_database, log))))


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def read_marts(manifest: Mapping[str, Any]) -> tuple[Mart, ...]:
    """Return the enabled mart models of a manifest, by name; row counts are not known yet."""
    marts: list[Mart] = []
    for node in manifest.get("nodes", {}).values():
        folder = str(node.get("path", "")).rpartition("/")[0] + "/"
        if node.get("resource_type") != "model" or not folder.startswith("marts/"):
            continue
        columns = node.get("columns", {}).values()
        marts.append(
            Mart(
                name=str(node.get("alias") or node["name"]),
                folder=folder,
                description=" ".join(str(node.get("description", "")).split()),
                columns={
                    str(column["name"]): " ".join(str(column.get("description", "")).split())
                    for column in columns
                },
                primary_key=tuple(_meta(node).get("primary_key", ())),
                may_be_empty=bool(_meta(node).get("may_be_empty", False)),
            )
        )
    return tuple(sorted(marts, key=lambda mart: mart.name))


def accounting_reasons(state: StateDir) -> list[str]:
    """Return a reason for each landing file whose rows do not add up, and for an empty ledger."""
    try:
        with duckdb.connect(str(state.raw_database), read_only=True) as raw:
            files = raw.execute(
                "select path, rows_read, rows_loaded, rows_duplicate, rows_quarantined, "
                "rows_set_aside "
                "from raw.raw.ingest_files order by path"
            ).fetchall()
    except duckdb.Error as error:
        return [f"The row accounting of {state.raw_database} cannot be read ({first_line(error)})."]
    reasons = [
        f"{path}: {read} rows read are not {loaded} loaded + {duplicate} duplicate + "
        f"{quarantined} quarantined + {set_aside} set aside."
        for path, read, loaded, duplicate, quarantined, set_aside in files
        if read is None
        or read != (loaded or 0) + (duplicate or 0) + (quarantined or 0) + (set_aside or 0)
    ]
    return reasons if files else ["The ledger raw.ingest_files is empty: no file was ingested."]


def _process_reasons(run: DbtRun) -> Iterator[str]:
    if not run.invocation_id or run.results_invocation_id != run.invocation_id:
        cause = f": {_said_by_dbt(run.errors[-1])}" if run.errors else ""
        yield f"dbt ended (exit code {run.exit_code}) without results of this run{cause}."
    elif run.exit_code != 0 and not any(map(_is_bad, run.results)):
        yield f"dbt ended with exit code {run.exit_code}."


def _full_disk(run: DbtRun) -> str:
    """Return what dbt or DuckDB said of a disk that takes no more; blank if none did."""
    if run.exit_code == 0:
        return ""
    said = "\n".join((*run.errors, *(result.message for result in run.results)))
    return next((sign for sign in _FULL_DISK if sign in said), "")


def _said_by_dbt(message: str) -> str:
    """Return what dbt said as one line, with names of nodes as people know them and no address."""
    lines = [line.strip() for line in message.splitlines()]
    said = " ".join(line for line in lines if line.strip("-"))
    return masked_contacts(_NODE_ID.sub(r"\1", said))[:_LONGEST_SAID].rstrip(". ")


def _is_bad(result: NodeResult) -> bool:
    is_test = result.unique_id.startswith("test.")
    return result.status not in ({"pass", "warn"} if is_test else {"success"})


def _result_reasons(state: StateDir, run: DbtRun) -> Iterator[str]:
    skipped: list[str] = []
    why_is_told = False
    for result in run.results:
        if not _is_bad(result):
            continue
        described = _described(run.manifest, result.unique_id)
        if result.status == "skipped":
            skipped.append(described.removeprefix("The "))
            continue
        why_is_told = True
        if result.status == "fail":
            yield from _failure_sentences(state, run, result)
        else:
            text = f"{described} ended with {result.status}"
            yield f"{text}: {_said_by_dbt(masked_text(result.message))}"
    if skipped:
        # Beside the cause the names of what rests on it are noise.
        shown = "" if why_is_told else f" ({', '.join(skipped[:5])}{', …' * (len(skipped) > 5)})"
        yield f"{len(skipped):,} tables or checks were left out{shown}."


def _failure_sentences(state: StateDir, run: DbtRun, result: NodeResult) -> list[str]:
    """Say what a test found; its name and count where its rows cannot be read any more."""
    found = breach_sentences(state, run.manifest, result.unique_id)
    rows = "1 row" if result.failures == 1 else f"{result.failures} rows"
    return found or [f"{_described(run.manifest, result.unique_id)} found {rows}."]


def _coverage_reasons(run: DbtRun, marts: Sequence[Mart]) -> Iterator[str]:
    ran = {result.unique_id for result in run.results}
    tested: set[str] = set()
    tests = 0
    for unique_id, node in run.manifest.get("nodes", {}).items():
        kind = node.get("resource_type")
        if kind not in _RUNNABLE or node.get("config", {}).get("materialized") == "ephemeral":
            continue
        if unique_id not in ran:
            yield f"{_described(run.manifest, unique_id)} was not part of this run."
        elif kind == "test":
            tests += 1
            tested.update(node.get("depends_on", {}).get("nodes", []))
    if tests == 0:
        yield "No test ran; a build without checks is not published."
    names = {unique_id.rpartition(".")[2] for unique_id in tested}
    for mart in marts:
        if tests and mart.name not in names:
            yield f'No test judges the mart "{mart.name}".'
    if not marts:
        yield "The manifest has no mart."


def _contract_reasons(manifest: Mapping[str, Any], marts: Sequence[Mart]) -> Iterator[str]:
    enforced = {
        str(node.get("alias") or node["name"])
        for node in manifest.get("nodes", {}).values()
        if node.get("config", {}).get("contract", {}).get("enforced") is True
    }
    for mart in marts:
        if mart.name not in enforced:
            yield f'The mart "{mart.name}" has no enforced contract.'
        missing = [column for column in mart.primary_key if column not in mart.columns]
        if not mart.primary_key or missing:
            yield f'The mart "{mart.name}" names no primary key among its columns.'


def judge_tables(state: StateDir, marts: Sequence[Mart]) -> tuple[tuple[Mart, ...], list[str]]:
    """Look at the working database itself: every mart, its columns, its rows."""
    reasons: list[str] = []
    counted: list[Mart] = []
    try:
        with open_quietly(state.working_database, read_only=True) as working:
            present = columns_of(working, MARTS_SCHEMA)
            for mart in marts:
                types = present.get(mart.name, {})
                missing = [column for column in mart.columns if column not in types]
                if missing:
                    what = f"lacks {', '.join(missing)}" if types else "does not exist"
                    reasons.append(f'The mart "{mart.name}" {what} in the working database.')
                    continue
                judged = replace(mart, types={column: types[column] for column in mart.columns})
                # Rows are read, not taken from statistics: a torn page has to show here.
                rows, content = count_and_hash(working, judged, mart_table(mart.name))
                never_empty = mart.folder.startswith(_NEVER_EMPTY_FOLDER) and not mart.may_be_empty
                if rows == 0 and never_empty:
                    reasons.append(f'The mart "{mart.name}" is empty.')
                counted.append(replace(judged, rows=rows, content=content))
    except duckdb.Error as error:
        text = f"The working database cannot be read ({first_line(error)})"
        reasons.append(f"{text}; build again, which keeps nothing of it.")
    return tuple(counted), reasons


def mart_table(name: str) -> str:
    """Return the SQL name of a mart's table, in whichever database holds it."""
    return f"{MARTS_SCHEMA}.{identifier(name)}"


def count_and_hash(
    connection: duckdb.DuckDBPyConnection, mart: Mart, source: str
) -> tuple[int, int]:
    """Count the rows of a mart, or of a copy of it, and add up their hashes."""
    cells = ", ".join(_hashed(name, kind) for name, kind in mart.types.items())
    sql = f"select count(*), coalesce(sum(hash({cells})), 0) from {source}"
    found = connection.execute(sql).fetchone()
    return (int(found[0]), int(found[1])) if found else (-1, 0)


def _hashed(name: str, kind: str) -> str:
    cell = f"cast({identifier(name)} as {kind})"
    return f"{cell}, cast({cell} as string)" if _HASHED_ALIKE.fullmatch(kind) else cell


def _warnings(state: StateDir, run: DbtRun) -> Iterator[str]:
    for result in run.results:
        if result.status == "warn":
            yield from _failure_sentences(state, run, result)


def _described(manifest: Mapping[str, Any], unique_id: str) -> str:
    """Return kind and name of a node; a test is a check, and its name the claim."""
    node = manifest.get("nodes", {}).get(unique_id, {})
    kind = unique_id.partition(".")[0]
    name = str(node.get("name") or unique_id)
    return f'The check "{name.replace("_", " ")}"' if kind == "test" else f'The {kind} "{name}"'


def _meta(node: Mapping[str, Any]) -> Mapping[str, Any]:
    return node.get("config", {}).get("meta") or node.get("meta") or {}


def _shortened(reasons: Sequence[str]) -> list[str]:
    more = len(reasons) - _MOST_REASONS_SHOWN
    shown = list(reasons[:_MOST_REASONS_SHOWN])
    return [*shown, f"{more} more reasons are in the log of dbt."] if more > 0 else shown
