"""The asset graph as plain data, and the file that says what it should be.

python -m tests.unit.asset_graph     write it anew
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from orchestration.dagster_home.dbt_manifest import read_manifest
from orchestration.dagster_home.definitions import defs
from orchestration.settings.paths import DEFAULT_STATE_DIR, StateDir

SNAPSHOT = Path(__file__).with_name("asset_graph.json")


def describe(state: StateDir) -> dict[str, Any]:
    """Return assets with their dependencies and groups, checks, jobs, schedules and sensors."""
    before = os.environ.get("LIFECYCLE_STATE_DIR")
    os.environ["LIFECYCLE_STATE_DIR"] = str(state.root)
    try:
        definitions = defs()
        repository = definitions.get_repository_def()
    finally:
        if before is None:
            del os.environ["LIFECYCLE_STATE_DIR"]
        else:
            os.environ["LIFECYCLE_STATE_DIR"] = before
    graph = repository.asset_graph
    assets: dict[str, Any] = {}
    for key in sorted(graph.get_all_asset_keys(), key=lambda key: key.to_user_string()):
        node = graph.get(key)
        assets[key.to_user_string()] = {
            "group": node.group_name,
            "deps": sorted(parent.to_user_string() for parent in node.parent_keys),
            "is_described": bool(node.description),
        }
    checks: dict[str, list[str]] = {}
    for check in sorted(graph.asset_check_keys):
        checks.setdefault(check.asset_key.to_user_string(), []).append(check.name)
    manifest = read_manifest(state)
    return {
        "assets": assets,
        "checks": checks,
        "dbt_tests": sum(node["resource_type"] == "test" for node in manifest["nodes"].values()),
        "jobs": sorted(job.name for job in repository.get_all_jobs() if job.name[0] != "_"),
        "schedules": {
            schedule.name: [schedule.job_name, schedule.cron_schedule, schedule.execution_timezone]
            for schedule in repository.schedule_defs
        },
        "sensors": sorted(sensor.name for sensor in repository.sensor_defs),
    }


if __name__ == "__main__":
    text = json.dumps(describe(StateDir.at(DEFAULT_STATE_DIR)), indent=1, sort_keys=True)
    SNAPSHOT.write_text(text + "\n", encoding="utf-8")
