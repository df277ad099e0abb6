"""The jobs of Dagster make what the command line makes, pass the same gate, and free the lock.

The tests of this module share one small shop and one instance, in order.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import AssetCheckKey, AssetKey, DagsterInstance, ExecuteInProcessResult

from orchestration.checks import GATE, VERDICT
from orchestration.definitions import defs
from orchestration.lock import holder
from orchestration.paths import REPO_ROOT, StateDir
from orchestration.publish import current_version, versions
from orchestration.sensors import failed_checks
from tests.pipeline.small_shop import write_small_shop

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def state(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[StateDir]:
    """A state directory and a landing directory of a small shop, in the environment."""
    root = tmp_path_factory.mktemp("dagster")
    given = {
        "LIFECYCLE_STATE_DIR": str(root / "state"),
        "LIFECYCLE_RAW_DIR": str(write_small_shop(root / "landing")),
    }
    os.environ.update(given)
    yield StateDir.at(root / "state")
    for name in given:
        os.environ.pop(name, None)


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DagsterInstance]:
    with DagsterInstance.local_temp(str(tmp_path_factory.mktemp("instance"))) as made:
        yield made


def run_job(
    instance: DagsterInstance, job: str = "daily_build", **config: object
) -> ExecuteInProcessResult:
    """Run a job in this process; it may fail."""
    run_config = {"ops": {"ingest": {"config": config}}} if config else None
    resolved = defs().resolve_job_def(job)
    return resolved.execute_in_process(run_config, instance=instance, raise_on_error=False)


def passed_checks(result: ExecuteInProcessResult) -> dict[AssetCheckKey, bool]:
    return {
        evaluation.asset_check_key: evaluation.passed
        for evaluation in result.get_asset_check_evaluations()
    }


def row_counts(result: ExecuteInProcessResult) -> dict[str, int]:
    return {
        event.asset_key.to_user_string(): int(str(found.value))
        for event in result.get_asset_materialization_events()
        if event.asset_key is not None
        and (found := event.materialization.metadata.get("dagster/row_count")) is not None
    }


def test_daily_build_publishes_with_every_asset_and_check(
    state: StateDir, instance: DagsterInstance
) -> None:
    result = run_job(instance)
    assert result.success
    assert current_version(state) is not None
    checks = passed_checks(result)
    assert len(checks) > 200
    assert checks[AssetCheckKey(GATE, VERDICT)]
    assert AssetCheckKey(GATE, "stage_share") in checks
    counts = row_counts(result)
    assert counts["raw/orders"] == 4
    assert counts["staging/stg_orders"] == 4
    assert counts["marts/lifecycle_current"] > 0
    assert counts["published/lifecycle"] > counts["marts/lifecycle_current"]
    assert holder(state) is None
    assert json.loads(state.last_build.read_text(encoding="utf-8"))["outcome"] == "published"


def test_the_published_version_is_fresh_now(state: StateDir, instance: DagsterInstance) -> None:
    assert current_version(state) is not None
    result = run_job(instance, "freshness")
    assert list(passed_checks(result).values()) == [True]


def test_a_part_of_the_build_is_refused_with_the_way_out(
    state: StateDir, instance: DagsterInstance
) -> None:
    before = versions(state)
    job = defs().resolve_job_def("daily_build")
    for selection in ([GATE, AssetKey(["published", "lifecycle"])], [AssetKey("gate")]):
        result = job.execute_in_process(
            instance=instance, asset_selection=selection, raise_on_error=False
        )
        assert not result.success
        (failure,) = [event for event in result.all_events if event.is_step_failure]
        assert "daily_build" in str(failure.step_failure_data.user_failure_data)
    assert versions(state) == before


def test_the_gate_stays_closed_when_a_rule_puts_everybody_into_one_stage(
    state: StateDir,
    instance: DagsterInstance,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = current_version(state)
    bands = tmp_path / "rules" / "expectations.csv"
    bands.parent.mkdir()
    shipped = REPO_ROOT / "seeds" / "rules" / "expectations.csv"
    # Four people are too few for the shipped band, so this one judges them all the same.
    text = shipped.read_text(encoding="utf-8").replace(
        "stage_share,itself,0,0.995,200", ("stage_share,itself,0,0.01,0")
    )
    bands.write_text(text, encoding="utf-8")
    monkeypatch.setenv("LIFECYCLE_RULES_DIR", str(bands.parent))
    result = run_job(instance)
    assert not result.success
    checks = passed_checks(result)
    assert not checks[AssetCheckKey(GATE, "stage_share")]
    assert not checks[AssetCheckKey(GATE, VERDICT)]
    assert checks[AssetCheckKey(GATE, "subjects")]
    assert current_version(state) == before
    failures, since = failed_checks(instance, result.run_id)
    assert {failure.check for failure in failures} == {f"gate: {VERDICT}", "gate: stage_share"}
    assert since is not None
    assert holder(state) is None
    assert json.loads(state.last_build.read_text(encoding="utf-8"))["phase"] == "gate"


def test_the_code_location_is_valid(state: StateDir, tmp_path: Path) -> None:
    environment = os.environ | {
        "DAGSTER_HOME": str(REPO_ROOT),
        "LIFECYCLE_DAGSTER_DIR": str(tmp_path),
        "LIFECYCLE_DAGSTER_LOGS": str(tmp_path / "logs"),
    }
    assert environment["LIFECYCLE_STATE_DIR"] == str(state.root)
    command = [sys.executable, "-m", "dagster", "definitions", "validate"]
    done = subprocess.run(
        [*command, "-m", "orchestration.definitions"],
        cwd=REPO_ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "orchestration.definitions" in done.stdout + done.stderr
