"""What Dagster refuses, passes on or waits for before there is a build.

Belongs here: all of it that needs no build. Does not belong here: builds through Dagster, which
tests/browser/test_ui.py presses a button for.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from unittest.mock import Mock

import pytest
from dagster import (
    AssetKey,
    DagsterConfigMappingFunctionError,
    DagsterInstance,
    DagsterInvalidSubsetError,
    ExecuteInProcessResult,
)

from orchestration.dagster_home import assets, run_log
from orchestration.dagster_home.assets import PUBLISHED
from orchestration.dagster_home.checks import GATE
from orchestration.dagster_home.definitions import defs
from orchestration.dagster_home.dev import dagster_environment
from orchestration.dagster_home.run_log import wait_for_turn
from orchestration.errors import LifecycleError
from orchestration.pipeline.lock import build_lock, holder
from orchestration.settings.paths import REPO_ROOT, StateDir
from orchestration.settings.request import BuildRequest
from tests.pipeline.small_shop import write_small_shop

pytestmark = pytest.mark.slow


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
    with DagsterInstance.from_config(str(REPO_ROOT)) as made:
        assert made.root_directory == str(state.root / "dagster")
        yield made


def run_rebuild(instance: DagsterInstance, **config: object) -> ExecuteInProcessResult:
    """Run the job that is told what to build in this process; it may fail."""
    resolved = defs().resolve_job_def("rebuild")
    return resolved.execute_in_process(config, instance=instance, raise_on_error=False)


def test_no_part_of_the_build_can_be_asked_for_alone(instance: DagsterInstance) -> None:
    runs = instance.get_runs_count()
    job = defs().resolve_job_def("daily_build")
    for part in (GATE, PUBLISHED, AssetKey(["marts", "subjects"]), AssetKey(["raw", "orders"])):
        with pytest.raises(DagsterInvalidSubsetError):
            job.execute_in_process(instance=instance, asset_selection=[part])
    # Nothing was begun, so no asset turns red and nobody is alarmed.
    assert instance.get_runs_count() == runs


@pytest.mark.usefixtures("state")
def test_whoever_asks_for_one_asset_gets_the_whole_build() -> None:
    graph = defs().get_repository_def().asset_graph
    made = {key for key in graph.get_all_asset_keys() if graph.get(key).is_materializable}
    assert len(made) > 100
    for key in made:
        assert graph.get(key).execution_set_asset_keys == made


@pytest.mark.parametrize(
    "told", [{"as_of_date": "2026-02-30"}, {"frameworks": "discovery_to_advocacyy"}]
)
def test_what_cannot_be_built_is_refused_before_there_is_a_run(
    instance: DagsterInstance, told: dict[str, str]
) -> None:
    runs = instance.get_runs_count()
    with pytest.raises(DagsterConfigMappingFunctionError) as refused:
        run_rebuild(instance, **told)
    assert next(iter(told.values())) in str(refused.value.__cause__)
    assert instance.get_runs_count() == runs


def test_a_change_of_the_rules_is_accepted_in_the_launchpad(
    state: StateDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[BuildRequest] = []

    def stopped(request: BuildRequest, _: object) -> None:
        told.append(request)
        raise LifecycleError("Only the request was wanted.")

    monkeypatch.setattr(assets, "open_build", stopped)
    for is_accepted in (False, True):
        with DagsterInstance.ephemeral() as instance:
            run = run_rebuild(instance, accept_rule_change=is_accepted)
        assert not run.success
    assert [request.state for request in told] == [state] * 2
    assert [request.accept_rule_change for request in told] == [False, True]


def test_a_build_waits_for_the_one_of_another_process(
    state: StateDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Mock()
    waits: list[float] = []
    with build_lock(state):
        seen = iter([holder(state), holder(state), None])
    monkeypatch.setattr(run_log, "holder", lambda _: next(seen))
    monkeypatch.setattr(time, "sleep", waits.append)
    wait_for_turn(state, log)
    assert len(waits) == 1
    assert f"process {os.getpid()}" in log.info.call_args.args[0]
    monkeypatch.setattr(run_log, "holder", lambda _: None)
    wait_for_turn(state, log)
    assert len(waits) == log.info.call_count == 1
