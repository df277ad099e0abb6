"""Each adapter, on hand-written files in the public layout, gives the rows that stand beside them.

A folder of `tests/pipeline/adapters/` holds `landing/` and `expected.yml`: rows read, rows set
aside by reason, rows quarantined, and of each contract table every row.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from orchestration.ingest.run import ingest
from orchestration.ingest.sources.adapter import load_adapters
from tests.pipeline.expected_rows import assert_rows

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
    assert_rows(tmp_path / "state", expected, {case.split("-")[0]})
    assert _said_to_be_merged(tmp_path / "state") <= _keys_of_properties(tmp_path / "state")


@pytest.mark.parametrize("kind", ["track", "page", "screen", "identify", "group", "alias"])
def test_a_file_of_one_call_of_nobody_is_accounted_for(kind: str, tmp_path: Path) -> None:
    call = {"messageId": "m", "type": kind, "receivedAt": "2026-01-01T00:00:00Z", "rudderId": "r"}
    (tmp_path / "landing").mkdir()
    (tmp_path / "landing" / "call.json").write_text(json.dumps(call | {"event": "Trial Started"}))

    summary = ingest(tmp_path / "landing", tmp_path / "state", run_id="r", excluded_ids=())

    assert (summary.rows_read, summary.rows_loaded) == (1, 0)


def _said_to_be_merged(state: Path) -> set[str]:
    return _names(
        state, "select column_name from raw.raw.schema_log where action = 'merged into properties'"
    )


def _keys_of_properties(state: Path) -> set[str]:
    return _names(state, "select unnest(json_keys(properties)) from raw.raw.events")


def _names(state: Path, sql: str) -> set[str]:
    with duckdb.connect(str(state / "raw.duckdb"), read_only=True) as raw:
        return {str(row[0]) for row in raw.execute(sql).fetchall()}
