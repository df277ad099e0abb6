"""What the working database has already, so that a build makes only what can have changed.

Belongs here: what each table is made of, as hashes; the record of a working database whose tables
have all passed the gate; and which of them the next build needs to make again. Does not belong
here: running dbt (`dbt_run`), or judging (`gate`).

A build gives the same rows for the same input, rules, settings and code, whenever it runs. So a
table is kept if nothing it is made of is another than when the gate let it through, and so is the
verdict of a check that has read only kept tables. The record counts for the very file it was
written for: one byte written to the working database since, by anybody, and everything is built.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from orchestration.checksums import sha256_of
from orchestration.database_files import columns_of, open_quietly
from orchestration.ingest.raw_contract import load_contract
from orchestration.pipeline.dbt_run import DbtRun, NodeResult
from orchestration.pipeline.gate import Fingerprint, fingerprint
from orchestration.settings.build_settings import BuildSettings
from orchestration.settings.paths import StateDir
from orchestration.small_files import json_of, write_private
from orchestration.sql_text import identifier

# Made in every build: what tells of the build itself, or holds it against the one before.
EVERY_TIME = ("tag:each_build+", "source:previous+")
# What has no selector of its own: where it differs, everything does.
EVERYTHING = "*"
_LEAN_DBT = Path(__file__).with_name("lean_dbt")
_SEEDS = Path("seeds")
_LEFT_BY_DBT = {"target", "logs"}
_LEFT_BY_PYTHON = {"__pycache__"}
# Their file is one node, which has its name.
_OF_ONE_NODE = {"models": {".sql", ".py"}, "tests": {".sql"}}
_GENERIC_TESTS = "generic"


@dataclass(frozen=True)
class KeptTables:
    """What a build left in the working database when the gate had let it through.

    Attributes:
        inputs: hash by dbt selector, see `inputs_of`.
        results: how each node of that build ended.
        compiled: compiled SQL by unique id.
    """

    inputs: Mapping[str, str]
    results: tuple[NodeResult, ...]
    compiled: Mapping[str, str]

    def selection(self, inputs: Mapping[str, str]) -> tuple[str, ...]:
        """Return what dbt has to select to make these inputs' tables; nothing if everything."""
        if self.inputs.keys() != inputs.keys():
            return ()
        changed = sorted(name for name, told in inputs.items() if self.inputs[name] != told)
        return () if EVERYTHING in changed else (*EVERY_TIME, *(f"{name}+" for name in changed))

    def completed(self, run: DbtRun, select: Sequence[str]) -> DbtRun:
        """Return a run with the results of all that it kept, and their compiled SQL.

        Nothing is taken from the record of what dbt was to make: if it has not, the gate says so.
        """
        nodes: dict[str, Any] = dict(run.manifest.get("nodes", {}))
        made = {result.unique_id for result in run.results} | _selected(run.manifest, select)
        kept = tuple(
            replace(result, kept=True)
            for result in self.results
            if result.unique_id not in made and result.unique_id in nodes
        )
        for result in kept:
            node = nodes[result.unique_id]
            nodes[result.unique_id] = {**node, "compiled_code": self.compiled[result.unique_id]}
        return replace(
            run, results=(*kept, *run.results), manifest={**run.manifest, "nodes": nodes}
        )


def inputs_of(state: StateDir, settings: BuildSettings, project: Path) -> dict[str, str]:
    """Return a hash of each thing a build is made of, by what dbt calls it when it selects.

    These are the raw tables and what `written_of` returns. Ingest must be over.
    """
    raw = {f"source:*.{table}": _hash(content) for table, content in _raw_tables(state)}
    return {**raw, **written_of(state, settings, project)}


def written_of(state: StateDir, settings: BuildSettings, project: Path) -> dict[str, str]:
    """Return those of the hashes that tell what people write.

    These are the merged rules, models and data tests; macros, YAML, settings and versions are one,
    `EVERYTHING`.
    """
    told = {
        "settings": settings.dbt_vars(),
        "python": platform.python_version(),
        "packages": _installed(),
        # In a checkout the version stays while what runs dbt is mended.
        "dbt": {path.name: sha256_of(path) for path in sorted(_LEAN_DBT.glob("*.py"))},
    }
    written: defaultdict[str, list[str]] = defaultdict(list)
    written[EVERYTHING].append(json.dumps(told, sort_keys=True))
    for seed in sorted(state.rules.glob("*.csv")):
        written[seed.stem].append(sha256_of(seed))
    for path in _project_files(project):
        name = path.stem if _is_one_node(path) else EVERYTHING
        written[name].append(f"{path} {sha256_of(project / path)}")
    return {name: _hash("\0".join(parts)) for name, parts in written.items()}


def _installed() -> list[str]:
    """Return name and version of every package that Python finds here.

    Of some nobody needs to know what they have to do with a table: dbt's adapters bring macros,
    agate reads seeds, NumPy computes.
    """
    found = (path for place in sys.path for path in Path(place).glob("*.dist-info"))
    return sorted({path.name for path in found})


def keep(state: StateDir, run: DbtRun, working: Fingerprint) -> None:
    """Record a working database that the gate let through.

    Nothing depends on it: where it cannot be written, the next build makes everything.
    """
    compiled = {
        result.unique_id: run.manifest["nodes"][result.unique_id].get("compiled_code") or ""
        for result in run.results
    }
    record = {
        "working": _in_json(working),
        "inputs": run.inputs,
        "results": [asdict(result) for result in run.results],
        "compiled": compiled,
    }
    with suppress(OSError):
        write_private(state.kept_tables, json.dumps(record))


def read_kept(state: StateDir) -> KeptTables | None:
    """Return the record of the working database as it is; None without one."""
    record, working = json_of(state.kept_tables), fingerprint(state)
    if working is None or record.get("working") != _in_json(working):
        return None
    try:
        results = tuple(NodeResult(**result) for result in record["results"])
        return KeptTables(
            inputs=dict(record["inputs"]),
            results=results,
            compiled={told.unique_id: record["compiled"][told.unique_id] for told in results},
        )
    except (KeyError, TypeError, ValueError):  # Another version of this package wrote it.
        return None


def _in_json(working: Fingerprint) -> list[list[int] | None]:
    return [None if file is None else list(file) for file in working.files]


def _selected(manifest: Mapping[str, Any], select: Sequence[str]) -> set[str]:
    """Return the nodes that are named in a selection, and all that rests on them."""
    names = {each.removesuffix("+") for each in select}
    nodes = {**manifest.get("nodes", {}), **manifest.get("sources", {})}
    reached = [unique_id for unique_id, node in nodes.items() if names & _names_of(node)]
    found: set[str] = set()
    while reached:
        unique_id = reached.pop()
        if unique_id not in found:
            found.add(unique_id)
            reached += manifest.get("child_map", {}).get(unique_id, ())
    return found


def _names_of(node: Mapping[str, Any]) -> set[str]:
    """Return what `inputs_of` and `EVERY_TIME` call a node."""
    if node.get("resource_type") == "source":
        return {f"source:*.{node['name']}", f"source:{node['source_name']}"}
    return {node["name"], *(f"tag:{tag}" for tag in node.get("tags", ()))}


def _raw_tables(state: StateDir) -> Iterator[tuple[str, str]]:
    """Yield name and content of each raw table.

    Models name a landed row by its place (`raw_row_id`), so that it counts as content; the order of
    rows in the books of ingest says nothing.
    """
    landed = {table.name for table in load_contract().tables}
    with closing(open_quietly(state.raw_database, read_only=True)) as raw:
        for table, kinds in columns_of(raw, "raw").items():
            place = ["rowid"] if table in landed else []
            content = _content(raw, table, [*place, *map(identifier, kinds)])
            yield table, f"{content} {json.dumps(kinds)}"


def _content(raw: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str]) -> str:
    """Return what tells the rows of a raw table from others, whatever their order.

    What cannot be read is never what it was: dbt says why, if anything needs it.
    """
    try:
        found = raw.execute(
            f"select count(*), sum(hash({', '.join(columns)})) from raw.raw.{identifier(table)}"
        ).fetchone()
    except duckdb.Error:
        return uuid.uuid4().hex
    return str(found)


def _project_files(project: Path) -> Iterator[Path]:
    """Yield the files of a dbt project, seen from there, but its seeds: the merged rules count.

    What dbt and Python leave in it is not of it, nor is a link that leads nowhere, by which an
    editor marks a file. Other links are followed, as dbt does.
    """
    for folder, folders, names in os.walk(project, followlinks=True):
        here = Path(folder).relative_to(project)
        left = _LEFT_BY_PYTHON if here.parts else _LEFT_BY_PYTHON | _LEFT_BY_DBT
        folders[:] = sorted(set(folders) - left)
        for path in (here / name for name in sorted(names)):
            is_seed = here == _SEEDS and path.suffix == ".csv"
            if not is_seed and (project / path).is_file():
                yield path


def _is_one_node(path: Path) -> bool:
    kinds = _OF_ONE_NODE.get(path.parts[0], ())
    return path.suffix in kinds and _GENERIC_TESTS not in path.parts


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
