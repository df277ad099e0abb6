"""Vars that are only compiled: what dbt parsed for others of them is what it would parse for these.

Belongs here: `parse_cache.COMPILED_VARS` against dbt itself. Does not belong here: where what was
parsed is kept (tests/unit/test_parse_cache.py).
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from orchestration.dagster_home.dbt_manifest import read_manifest
from orchestration.pipeline.dbt_run import PLAIN_DBT, bare_dbt_environment
from orchestration.pipeline.parse_cache import COMPILED_VARS, cache_entry, keep, restore
from orchestration.settings.build_settings import BuildSettings
from orchestration.settings.paths import DBT_PROJECT_DIR, StateDir

pytestmark = pytest.mark.slow

SHIPPED = BuildSettings().dbt_vars()
OTHERS = {
    "as_of_date": "2026-01-31",
    "known_at": "2026-02-01 00:00:00",
    "identity_as_of": "2026-01-30",
    "frameworks": "all",
    "reporting_timezone": "Asia/Kolkata",
}
PARTS = ("nodes", "sources", "exposures", "metrics", "semantic_models", "unit_tests", "macros")


def parse(target: Path, dbt_vars: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """Have dbt parse the project as a build does; return what of and what it said."""
    target.mkdir(exist_ok=True)
    done = subprocess.run(
        [
            *(*PLAIN_DBT, "parse", "--vars", json.dumps(dbt_vars, sort_keys=True)),
            *("--project-dir", str(DBT_PROJECT_DIR), "--profiles-dir", str(DBT_PROJECT_DIR)),
            *("--target-path", str(target), "--log-path", str(target)),
        ],
        cwd=target,
        env=bare_dbt_environment(StateDir.at(target), os.environ) | {"LIFECYCLE_STATE_DIR": "."},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads((target / "manifest.json").read_text(encoding="utf-8")), done.stdout


def parsed(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return all that was parsed, but when."""
    return {
        unique_id: {name: value for name, value in node.items() if name != "created_at"}
        for part in PARTS
        for unique_id, node in manifest[part].items()
    }


def test_a_parse_does_not_depend_on_vars_that_are_compiled_and_dbt_takes_it_for_others(
    tmp_path: Path,
) -> None:
    assert OTHERS.keys() == COMPILED_VARS
    assert not OTHERS.items() & SHIPPED.items()
    manifest, said = parse(tmp_path / "first", SHIPPED | OTHERS)
    assert "Starting full parse" in said
    told, wanted = parsed(manifest), parsed(read_manifest(StateDir.at(tmp_path / "state")))
    assert len(wanted) > 1000
    assert [
        name for name in told.keys() | wanted.keys() if told.get(name) != wanted.get(name)
    ] == []

    entry = cache_entry(DBT_PROJECT_DIR, {}, tmp_path / "cache")
    keep(tmp_path / "first", entry)
    (tmp_path / "second").mkdir()
    restore(tmp_path / "second", entry, SHIPPED)
    assert "Starting full parse" not in parse(tmp_path / "second", SHIPPED)[1]
