"""The calm event log keeps what Dagster's own keeps, where Dagster's own looks for it.

Making an instance takes a second, so these tests share one.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import DagsterInstance, EventLogEntry, job, op
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage

from orchestration.dagster_home.storage import MOST_ENGINES, CalmEventLog
from orchestration.settings.paths import REPO_ROOT


@op
def nothing() -> None:
    """Do nothing, which Dagster tells in a dozen events."""


@job
def idle() -> None:
    """One op that does nothing."""
    nothing()


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DagsterInstance]:
    """The instance that dagster.yaml describes."""
    home = tmp_path_factory.mktemp("calm")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIFECYCLE_DAGSTER_DIR", str(home))
        patch.setenv("LIFECYCLE_DAGSTER_LOGS", str(home / "logs"))
        with DagsterInstance.from_config(str(REPO_ROOT)) as made:
            yield made


def run_idle(instance: DagsterInstance) -> str:
    result = idle.execute_in_process(instance=instance)
    assert result.success
    return result.run_id


def calm_log(instance: DagsterInstance) -> CalmEventLog:
    log = instance.event_log_storage
    assert isinstance(log, CalmEventLog)
    return log


def test_the_instance_of_this_repository_has_a_calm_event_log(instance: DagsterInstance) -> None:
    log = calm_log(instance)
    with log.index_connection() as connection:
        # 1 is NORMAL: the write-ahead log reaches the disk with its checkpoint.
        assert connection.exec_driver_sql("pragma synchronous").scalar() == 1
        assert connection.exec_driver_sql("pragma journal_mode").scalar() == "wal"


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


def test_what_it_stores_dagsters_own_storage_reads_while_it_is_open(
    instance: DagsterInstance,
) -> None:
    run_id = run_idle(instance)
    own = SqliteEventLogStorage(str(Path(calm_log(instance).path_for_shard(run_id)).parent))
    seen = [entry.dagster_event_type for entry in own.get_logs_for_run(run_id)]
    assert seen == [entry.dagster_event_type for entry in instance.all_logs(run_id)]
    assert len(seen) > 5


def test_it_holds_a_few_runs_open_and_reads_the_others_all_the_same(
    instance: DagsterInstance,
) -> None:
    run_ids = [run_idle(instance) for _ in range(MOST_ENGINES + 1)]
    log = calm_log(instance)
    assert len(log.open_shards) == MOST_ENGINES
    assert run_ids[0] not in log.open_shards
    assert run_ids[-1] in log.open_shards
    assert len(instance.all_logs(run_ids[0])) == len(instance.all_logs(run_ids[-1])) > 5


def test_a_run_whose_file_somebody_deleted_can_be_written_again(
    instance: DagsterInstance,
) -> None:
    run_id = run_idle(instance)
    log = calm_log(instance)
    Path(log.path_for_shard(run_id)).unlink()
    assert instance.all_logs(run_id) == []
    run = instance.get_run_by_id(run_id)
    assert run is not None
    instance.report_engine_event("Written again.", run)
    assert [entry.message for entry in instance.all_logs(run_id)] == ["Written again."]


def test_wiping_leaves_no_run_behind(instance: DagsterInstance) -> None:
    run_id = run_idle(instance)
    log = calm_log(instance)
    log.wipe()
    assert not Path(log.path_for_shard(run_id)).exists()
    assert instance.all_logs(run_id) == []


def test_whoever_watches_a_run_is_told_of_an_event_before_any_checkpoint(
    instance: DagsterInstance,
) -> None:
    run_id = run_idle(instance)
    run = instance.get_run_by_id(run_id)
    assert run is not None
    told: list[str] = []
    heard = threading.Event()

    def listen(entry: EventLogEntry, _: str) -> None:
        told.append(entry.message)
        if "While watched." in told:
            heard.set()

    instance.watch_event_logs(run_id, None, listen)
    instance.report_engine_event("While watched.", run)
    assert heard.wait(30)
    instance.end_watch_event_logs(run_id, listen)
