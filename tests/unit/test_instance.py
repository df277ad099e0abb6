"""The instance of `dagster.yaml` keeps what it knows in the state directory, whoever starts it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import DagsterInstance

from orchestration.settings.paths import REPO_ROOT
from orchestration.sqlite_files import kept_engine


@pytest.fixture(scope="module")
def state_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("instance") / "state"


@pytest.fixture(scope="module")
def instance(state_dir: Path) -> Iterator[DagsterInstance]:
    """What plain `dagster` finds with DAGSTER_HOME alone, in whatever directory it is called."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIFECYCLE_STATE_DIR", str(state_dir))
        patch.setenv("DAGSTER_HOME", str(REPO_ROOT))
        patch.chdir(state_dir.parent)
        with DagsterInstance.get() as made:
            yield made


def test_everything_lies_in_the_state_directory(instance: DagsterInstance, state_dir: Path) -> None:
    home = state_dir / "dagster"
    assert instance.root_directory == str(home)
    assert str(home) in str(vars(instance.compute_log_manager))
    instance.report_engine_event("Something happened.", run_id="r1", job_name="daily_build")
    assert [entry.message for entry in instance.all_logs("r1")] == ["Something happened."]
    assert {path.name for path in home.iterdir()} >= {"history", "schedules"}
    assert not [path for path in REPO_ROOT.iterdir() if path.name in {"history", "schedules"}]


def test_its_storages_keep_their_files_open(instance: DagsterInstance) -> None:
    """A Dagster that asks for engines in another way is slow, and nothing else would tell."""
    for storage in (
        instance.event_log_storage,
        instance.run_storage,
        instance.schedule_storage,
    ):
        assert vars(sys.modules[type(storage).__module__])["create_engine"] is kept_engine


def test_a_dead_worker_is_tried_once_more_a_hanging_run_is_ended_and_nobody_is_told(
    instance: DagsterInstance,
) -> None:
    retries = instance.get_settings("run_retries")
    assert (retries["max_retries"], retries["retry_on_asset_or_op_failure"]) == (1, False)
    assert instance.run_monitoring_enabled
    # Its ticks must come often enough to notice a run of five minutes.
    assert instance.run_monitoring_poll_interval_seconds <= 60
    assert 3600 <= instance.run_monitoring_max_runtime_seconds <= 24 * 3600
    pools = instance.get_concurrency_config().pool_config
    assert (pools.default_pool_limit, str(pools.pool_granularity)) == (1, "PoolGranularity.RUN")
    assert not instance.telemetry_enabled
