"""Each adapter, on hand-written files in the public layout, gives the rows that stand beside them.

A folder of `tests/pipeline/adapters/` holds `landing/` and `expected.yml`: rows read, rows set
aside by reason, rows quarantined, and of each contract table every row.
"""

from __future__ import annotations

import json
import shutil
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from orchestration.ingest.run import ingest
from orchestration.ingest.sources.adapter import load_adapters

HERE = Path(__file__).parent / "adapters"
CASES = sorted(path.name for path in HERE.iterdir())


def test_every_adapter_has_files_of_its_own() -> None:
    assert {name.split("-")[0] for name in CASES} == set(load_adapters())


@pytest.mark.parametrize("case", CASES)
def test_an_export_becomes_the_rows_that_stand_beside_it(case: str, tmp_path: Path) -> None:
    expected: dict[str, Any] = yaml.safe_load((HERE / case / "expected.yml").read_text())
    shutil.copytree(HERE / case / "landing", tmp_path / "landing")

    summary = ingest(tmp_path / "landing", tmp_path / "state", run_id="r", excluded_ids=())

    assert not summary.ignored
    with duckdb.connect() as connection:
        connection.execute(f"attach '{tmp_path}/state/raw.duckdb' as state (read_only)")
        connection.execute("use state")
        adapters = connection.execute("select distinct adapter from raw.source_files").fetchall()
        assert adapters == [(case.split("-")[0],)]
        read, aside = _counts(connection)
        assert (read, aside) == (expected["read"], expected.get("set_aside", {}))
        refused = connection.execute(
            "select table_name, reason, line_number from raw.quarantine order by all"
        ).fetchall()
        assert refused == [tuple(row) for row in expected.get("quarantined", [])]
        filled = {
            str(row[0])
            for row in connection.execute(
                "select table_name from raw.ingest_files where rows_loaded > 0"
            ).fetchall()
        }
        assert filled == set(expected["tables"])
        for table, rows in expected["tables"].items():
            assert _found(connection, table, rows) == _in_order(rows)


@pytest.mark.parametrize("kind", ["track", "page", "screen", "identify", "group", "alias"])
def test_a_file_of_one_call_of_nobody_is_accounted_for(kind: str, tmp_path: Path) -> None:
    call = {"messageId": "m", "type": kind, "receivedAt": "2026-01-01T00:00:00Z", "rudderId": "r"}
    (tmp_path / "landing").mkdir()
    (tmp_path / "landing" / "call.json").write_text(json.dumps(call | {"event": "Trial Started"}))

    summary = ingest(tmp_path / "landing", tmp_path / "state", run_id="r", excluded_ids=())

    assert (summary.rows_read, summary.rows_loaded) == (1, 0)


def _counts(connection: duckdb.DuckDBPyConnection) -> tuple[int, dict[str, int]]:
    read = connection.execute("select sum(rows_read) from raw.source_files").fetchall()[0][0]
    aside = connection.execute(
        "select reason, sum(rows) from raw.set_aside group by reason order by reason"
    ).fetchall()
    return int(read), {str(reason): int(rows) for reason, rows in aside}


def _found(
    connection: duckdb.DuckDBPyConnection, table: str, rows: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    found = connection.execute(f"select {', '.join(columns)} from raw.{table}").fetchall()
    # A column that a row leaves out is empty in it.
    told = [
        {name: _plain(value) for name, value in zip(columns, row, strict=True) if value is not None}
        for row in found
    ]
    return _in_order(told)


def _in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(({name: str(value) for name, value in row.items()} for row in rows), key=str)


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, datetime):
        return value.isoformat(" ")
    return value.isoformat() if isinstance(value, date) else value
