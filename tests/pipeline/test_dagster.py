"""The jobs of Dagster make what the command line makes, pass the same gate, and free the lock.

The tests of this module share one small shop and one instance, in order. What only the daemon does
(queue, retries, run monitoring, ticks) is Dagster's own; `dagster.yaml` turns it on.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dagster import (
    AssetCheckKey,
    AssetKey,
    DagsterInstance,
    ExecuteInProcessResult,
    TableColumnDep,
)

from orchestration.dagster_home.checks import GATE, VERDICT
from orchestration.dagster_home.definitions import defs
from orchestration.dagster_home.dev import dagster_environment
from orchestration.dagster_home.sensors import failed_checks
from orchestration.pipeline.lock import holder
from orchestration.pipeline.versions import current_version, versions
from orchestration.settings.paths import REPO_ROOT, StateDir
from tests.benchmarks.overhead import MOST_TIMES
from tests.conftest import Lifecycle
from tests.pipeline.small_shop import write_small_shop

pytestmark = pytest.mark.slow

LATE_ORDER = """order_id,customer_id,created_at,received_at,status,currency,total_price
o6,c2,2026-01-25T11:00:00Z,2026-02-05T11:00:00Z,paid,EUR,20.00
"""


@pytest.fixture(scope="module")
def state(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[StateDir]:
    """A small shop and directories for build and instance, all of them in the environment."""
    root = tmp_path_factory.mktemp("dagster")
    made = StateDir.at(root / "state")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in dagster_environment(made, "127.0.0.1", 3000, {}).items():
            patch.setenv(name, value)
        patch.setenv("LIFECYCLE_RAW_DIR", str(write_small_shop(root / "landing")))
        yield made


@pytest.fixture(scope="module")
def instance(state: StateDir) -> Iterator[DagsterInstance]:
    """The instance that dagster.yaml describes."""
    assert os.environ["LIFECYCLE_DAGSTER_DIR"].startswith(str(state.root))
    with DagsterInstance.from_config(str(REPO_ROOT)) as made:
        yield made


@pytest.fixture(scope="module")
def spent() -> dict[str, float]:
    """CPU seconds by what they were spent on."""
    return {}


@contextmanager
def metered(spent: dict[str, float], name: str) -> Iterator[None]:
    """Note the CPU seconds, user and system, that this process and its children take."""
    before = sum(os.times()[:4])
    yield
    spent[name] = sum(os.times()[:4]) - before


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


def metadata_of(result: ExecuteInProcessResult) -> dict[str, dict[str, Any]]:
    """Return the metadata of each materialization."""
    return {
        event.asset_key.to_user_string(): {
            name: found.value for name, found in event.materialization.metadata.items()
        }
        for event in result.get_asset_materialization_events()
        if event.asset_key is not None
    }


def row_counts(metadata: Mapping[str, Mapping[str, Any]]) -> dict[str, int]:
    return {
        key: int(values["dagster/row_count"])
        for key, values in metadata.items()
        if "dagster/row_count" in values
    }


def test_daily_build_publishes_with_every_asset_and_check(
    state: StateDir, instance: DagsterInstance, spent: dict[str, float]
) -> None:
    # Parses dbt, which `make dev` does before any run.
    defs()
    with metered(spent, "build"):
        result = run_job(instance)
    assert result.success
    assert current_version(state) is not None
    checks = passed_checks(result)
    assert len(checks) > 200
    assert checks[AssetCheckKey(GATE, VERDICT)]
    assert AssetCheckKey(GATE, "stage_share") in checks
    metadata = metadata_of(result)
    counts = row_counts(metadata)
    assert counts["raw/orders"] == 4
    assert counts["staging/stg_orders"] == 4
    assert counts["marts/lifecycle_current"] > 0
    assert counts["published/lifecycle"] > counts["marts/lifecycle_current"]
    marts = {key: values for key, values in metadata.items() if key.startswith("marts/")}
    assert [key for key, values in marts.items() if "columns_without_lineage" in values] == []
    lineage = marts["marts/lifecycle_current"]["dagster/column_lineage"]
    assert lineage.deps_by_column["stage"] == [
        TableColumnDep(AssetKey(["marts", "lifecycle_history"]), "stage")
    ]
    told = {
        record.data["column"]: record.data["computed from"]
        for record in marts["marts/lifecycle_current"]["columns_computed_from"].records
    }
    assert told["stage_label"] == "seeds/framework_stages.label"
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


def wait_for_dbt(state: StateDir, worker: subprocess.Popen[str]) -> None:
    """Return once dbt writes the working database."""
    deadline = time.monotonic() + 300
    running = state.root / "working.duckdb.running"
    while not running.exists():
        assert worker.poll() is None, worker.communicate()[0][-2000:]
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_killed_worker_frees_the_lock_and_leaves_what_was_published(state: StateDir) -> None:
    before = current_version(state)
    worker = subprocess.Popen(
        [
            *(sys.executable, "-m", "dagster", "job", "execute"),
            *("-m", "orchestration.dagster_home.definitions", "-j", "daily_build"),
        ],
        cwd=REPO_ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    wait_for_dbt(state, worker)
    held = holder(state)
    worker.kill()
    worker.communicate(timeout=60)
    assert held is not None
    assert held.pid == worker.pid
    assert holder(state) is None
    assert current_version(state) == before
    assert (state.root / "working.duckdb.running").exists()


def test_the_run_after_a_killed_one_rebuilds_the_state_that_it_is_told(
    state: StateDir, instance: DagsterInstance
) -> None:
    late = Path(os.environ["LIFECYCLE_RAW_DIR"]) / "orders" / "late.csv"
    late.write_text(LATE_ORDER, encoding="utf-8")
    result = run_job(
        instance,
        "rebuild",
        as_of_date="2026-01-31",
        known_at="2026-02-01T00:00:00Z",
        frameworks="all",
    )
    assert result.success
    with closing(duckdb.connect(str(state.published_database), read_only=True)) as published:
        told = published.execute(
            "select as_of_date::varchar, known_at::varchar from marts.build_info"
        ).fetchall()
        counted = published.execute(
            "select count(distinct framework) > 5, max(valid_from) <= date '2026-01-31' "
            "from marts.lifecycle_history"
        ).fetchall()
        stages = published.execute(
            "select stage from marts.lifecycle_history where subject_id = 'customer:c2' "
            "and framework = 'discovery_to_advocacy' order by valid_from"
        ).fetchall()
    assert told == [("2026-01-31", "2026-02-01 00:00:00")]
    assert counted == [(True, True)]
    # The second order would make retention of it, but nobody knew of it then.
    assert stages == [("conversion",)]


def test_a_date_that_does_not_exist_is_refused_before_anything_is_read(
    state: StateDir, instance: DagsterInstance
) -> None:
    before = current_version(state)
    result = run_job(instance, "rebuild", as_of_date="2026-02-30")
    (failure,) = [event for event in result.all_events if event.is_step_failure]
    assert "2026-02-30" in str(failure.step_failure_data.user_failure_data)
    assert holder(state) is None
    assert current_version(state) == before


def test_the_code_location_is_valid(state: StateDir, spent: dict[str, float]) -> None:
    assert os.environ["LIFECYCLE_STATE_DIR"] == str(state.root)
    command = [sys.executable, "-m", "dagster", "definitions", "validate"]
    with metered(spent, "start"):
        done = subprocess.run(
            [*command, "-m", "orchestration.dagster_home.definitions"],
            cwd=REPO_ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "orchestration.dagster_home.definitions" in done.stdout + done.stderr


def test_daily_build_costs_little_more_than_the_command_line(
    spent: dict[str, float], lifecycle: Lifecycle, tmp_path: Path
) -> None:
    if set(spent) != {"build", "start"}:
        pytest.skip("The tests before this one spend what it compares.")
    with metered(spent, "cli"):
        done = lifecycle("build", "--state-dir", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    # A worker loads the code location, which `validate` does, and builds. The record over the
    # whole sample, both in processes of their own, is that of tests.benchmarks.overhead.
    ratio = (spent["start"] + spent["build"]) / spent["cli"]
    assert ratio <= MOST_TIMES, spent
