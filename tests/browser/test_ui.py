"""Builds through Dagster: what people press and see, what a build tells, what a killed one leaves.

Belongs here: all that needs a build through Dagster. The tests share one small shop, one instance
and one UI, and run in order; the build of the first is read by the others. Does not belong here:
what Dagster refuses before there is a build (tests/pipeline/test_dagster.py). What only the daemon
does (queue, retries, run monitoring, ticks) is Dagster's own; `dagster.yaml` turns it on.

Chromium comes from Debian; where it is missing the tests are skipped, except in CI, where it must
be there. Screenshots go to `var/screenshots`.
"""

from __future__ import annotations

import json
import os
import re
import signal
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
    DagsterEventType,
    DagsterInstance,
    ExecuteInProcessResult,
    TableColumnDep,
)
from playwright.sync_api import Page, expect

from orchestration.dagster_home import assets
from orchestration.dagster_home.checks import FRESH, GATE, VERDICT
from orchestration.dagster_home.dbt_translation import TESTS
from orchestration.dagster_home.definitions import defs
from orchestration.dagster_home.dev import MARTS, dagster_environment
from orchestration.dagster_home.sensors import failed_checks, told_of
from orchestration.pipeline.dbt_run import read_run
from orchestration.pipeline.lock import holder
from orchestration.pipeline.versions import current_version
from orchestration.settings.paths import REPO_ROOT, StateDir
from orchestration.small_files import json_of
from tests.browser.chromium import chromium
from tests.browser.dagster_ui import REPOSITORY, Ui, launch, make_dev, open_page, shoot
from tests.pipeline.models_kit import CompiledModels
from tests.pipeline.small_shop import write_small_shop

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# Everybody has been seen: with this row everybody is an advocate from the first day on.
BROKEN_RULE = ("discovery_to_advocacy", "advocacy", "seen")
LATE_ORDER = """order_id,customer_id,created_at,received_at,status,currency,total_price
o6,c2,2026-01-25T11:00:00Z,2026-02-05T11:00:00Z,paid,EUR,20.00
"""


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StateDir]:
    """A small shop and directories for build and instance, all of them in the environment."""
    root = tmp_path_factory.mktemp("dagster")
    made = StateDir.at(root / "state")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIFECYCLE_STATE_DIR", str(made.root))
        patch.setenv("LIFECYCLE_RAW_DIR", str(write_small_shop(root / "landing")))
        yield made


@pytest.fixture(scope="module")
def ui(state: StateDir) -> Iterator[Ui]:
    chromium()
    with make_dev(state.root.parent / "dev.log") as running:
        yield running


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with open_page() as opened:
        yield opened


@pytest.fixture(scope="module")
def instance(state: StateDir) -> Iterator[DagsterInstance]:
    """The instance that dagster.yaml describes."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in dagster_environment(state, "127.0.0.1", 3000, {}).items():
            patch.setenv(name, value)
        with DagsterInstance.from_config(str(REPO_ROOT)) as made:
            assert made.root_directory == str(state.root / "dagster")
            yield made


@pytest.fixture(scope="module")
def whole_build(ui: Ui, page: Page) -> str:
    """The run of the build that the UI starts for whoever asks for one asset."""
    return launch(page, ui, "/assets/marts/subjects", "Materialize", asks=True)


@pytest.fixture(scope="module")
def spent() -> dict[str, float]:
    """CPU seconds by what they were spent on."""
    return {}


@contextmanager
def metered(spent: dict[str, float], name: str) -> Iterator[None]:
    """Note the CPU seconds, user and system, of this process and of children that have ended."""
    before = os.times()
    yield
    after = os.times()
    spent[name] = sum(after[:2]) - sum(before[:2])
    spent[f"{name}'s processes"] = sum(after[2:4]) - sum(before[2:4])


def run_job(instance: DagsterInstance, job: str, **config: object) -> ExecuteInProcessResult:
    """Run a job in this process; it may fail."""
    resolved = defs().resolve_job_def(job)
    return resolved.execute_in_process(config, instance=instance, raise_on_error=False)


def metadata_of(instance: DagsterInstance, run_id: str) -> dict[str, dict[str, Any]]:
    """Return the metadata of each materialization of a run."""
    return {
        event.asset_key.to_user_string(): {
            name: found.value
            for name, found in event.step_materialization_data.materialization.metadata.items()
        }
        for event in told_of(instance, run_id, DagsterEventType.ASSET_MATERIALIZATION)
        if event.asset_key is not None
    }


def checks_of(instance: DagsterInstance, run_id: str) -> dict[AssetCheckKey, bool]:
    """Return whether each check of a run passed."""
    evaluations = [
        event.asset_check_evaluation_data
        for event in told_of(instance, run_id, DagsterEventType.ASSET_CHECK_EVALUATION)
    ]
    return {told.asset_check_key: told.passed for told in evaluations}


def row_counts(metadata: Mapping[str, Mapping[str, Any]]) -> dict[str, int]:
    return {
        key: int(values["dagster/row_count"])
        for key, values in metadata.items()
        if "dagster/row_count" in values
    }


def test_whoever_asks_for_one_asset_in_the_ui_gets_the_whole_build_and_sees_what_it_made(
    state: StateDir, ui: Ui, page: Page, whole_build: str
) -> None:
    assert ui.wait_for(whole_build) == "SUCCESS"
    assert current_version(state) is not None
    page.goto(f"{ui.address}/runs/{whole_build}")
    expect(page.get_by_text("Success").first).to_be_visible()
    shoot(page, "run")

    page.goto(f"{ui.address}{MARTS}")
    for group in ("marts_lifecycle", "marts_kpis", "marts_journey", "marts_operations"):
        expect(page.get_by_text(group).first).to_be_visible()
    expect(page.get_by_text("intermediate_kpis")).to_have_count(0)
    shoot(page, "marts")

    page.goto(f"{ui.address}/assets/marts/lifecycle_current?view=lineage")
    expect(page.get_by_text("lifecycle_current").first).to_be_visible()
    expect(page.get_by_text("lifecycle_history").first).to_be_visible()
    shoot(page, "lineage")

    page.goto(f"{ui.address}/assets/gate?view=checks&checkDetail=stage_share")
    expect(page.get_by_text("stage_share").first).to_be_visible()
    expect(page.get_by_text("Passed").first).to_be_visible()
    shoot(page, "check")

    page.goto(f"{ui.address}/assets/marts/subjects?view=checks&checkDetail=dbt_tests")
    expect(page.get_by_text("sound", exact=False).first).to_be_visible()
    expect(page.get_by_text("Passed").first).to_be_visible()
    shoot(page, "dbt_tests")

    page.goto(f"{ui.address}/assets/marts/subjects")
    expect(page.get_by_text("subject_type").first).to_be_visible()
    expect(page.get_by_text("columns_computed_from").first).to_be_attached()
    shoot(page, "asset")

    page.goto(f"{ui.address}/locations/{REPOSITORY}/schedules/daily_build_schedule")
    expect(page.get_by_text("daily_build_schedule").first).to_be_visible()
    expect(page.get_by_text("05:00 AM").first).to_be_visible()
    shoot(page, "schedule")
    page.goto("about:blank")


def test_a_build_publishes_with_every_asset_and_check(
    state: StateDir, instance: DagsterInstance, whole_build: str
) -> None:
    checks = checks_of(instance, whole_build)
    assert len(checks) > 100
    assert checks[AssetCheckKey(GATE, VERDICT)]
    assert checks[AssetCheckKey(AssetKey(["marts", "subjects"]), TESTS)]
    assert AssetCheckKey(GATE, "stage_share") in checks
    assert set(checks) == set(defs().get_repository_def().asset_graph.asset_check_keys)
    metadata = metadata_of(instance, whole_build)
    assert len(metadata) > 100
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


def test_a_build_costs_few_events_and_tells_of_dbt_while_it_runs(
    instance: DagsterInstance, whole_build: str
) -> None:
    told = instance.all_logs(whole_build)
    made = {
        entry.dagster_event.asset_key: entry.timestamp
        for entry in told
        if entry.dagster_event and entry.dagster_event.is_step_materialization
    }
    # For an asset and for its check: planned, and made.
    assert len(told) <= 4 * len(made) + 100
    progress = [entry for entry in told if re.fullmatch(r"\d+ of \d+: \w+", entry.user_message)]
    first_model = made[AssetKey(["staging", "stg_orders"])]
    assert [entry for entry in progress if entry.timestamp < first_model]


def test_the_published_version_is_fresh_now(state: StateDir, instance: DagsterInstance) -> None:
    assert current_version(state) is not None
    result = run_job(instance, "freshness")
    evaluations = result.get_asset_check_evaluations()
    assert [(told.check_name, told.passed) for told in evaluations] == [(FRESH, True)]


def break_a_rule(state: StateDir) -> None:
    """Make the plausibility of a build anew by rules that make everybody an advocate at once."""
    with closing(duckdb.connect(str(state.working_database))) as working:
        working.execute(f"insert into seeds.stage_rules values {BROKEN_RULE}")
        # The shipped band asks for 200 people before it judges, and the small shop has four.
        working.execute(
            "update seeds.expectations set least_population = 1 where expectation = 'stage_share'"
        )
    with CompiledModels(state).made(state.raw_database, ["plausibility"]) as made:
        rows = made.execute("from marts.plausibility").fetchall()
    with closing(duckdb.connect(str(state.working_database))) as working:
        working.execute("delete from marts.plausibility")
        places = ", ".join("?" for _ in rows[0])
        working.executemany(f"insert into marts.plausibility values ({places})", rows)


def test_a_broken_rule_is_stopped_by_the_gate_and_the_ui_shows_why(
    state: StateDir,
    instance: DagsterInstance,
    ui: Ui,
    page: Page,
    spent: dict[str, float],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = current_version(state)
    # What dbt makes is there already, all but what the rule changes.
    invocation = json_of(state.dbt_target / "run_results.json")["metadata"]["invocation_id"]
    run = read_run(state, invocation, 0, ())
    monkeypatch.setattr(assets, "dbt_phase", lambda *_: run)
    break_a_rule(state)
    with metered(spent, "dagster"):
        result = run_job(instance, "daily_build")
    assert not result.success
    assert current_version(state) == before
    failures, since = failed_checks(instance, result.run_id)
    assert {failure.check for failure in failures} == {f"gate: {VERDICT}", "gate: stage_share"}
    assert since is not None
    assert holder(state) is None
    assert json.loads(state.last_build.read_text(encoding="utf-8"))["phase"] == "gate"

    page.goto(f"{ui.address}/runs/{result.run_id}")
    expect(page.get_by_text("Failure").first).to_be_visible()
    shoot(page, "run_stopped")
    page.goto(f"{ui.address}/assets/gate?view=checks&checkDetail={VERDICT}")
    expect(page.get_by_text("Nothing was published").first).to_be_visible()
    shoot(page, "verdict")
    page.goto(f"{ui.address}/assets/gate?view=checks&checkDetail=stage_share")
    expect(page.get_by_text("Failed").first).to_be_visible()
    shoot(page, "check_failed")
    page.goto("about:blank")


def test_a_killed_worker_frees_the_lock_and_leaves_what_was_published(
    state: StateDir, ui: Ui, page: Page
) -> None:
    before = current_version(state)
    run_id = launch(page, ui, f"/locations/{REPOSITORY}/jobs/daily_build", "Materialize all")
    page.goto(f"{ui.address}/runs/{run_id}")
    # While it runs, the hundreds of nodes of dbt come by in the log.
    expect(page.get_by_text(re.compile(r"\d+ of \d{3,}: \w+")).first).to_be_visible()
    assert ui.runs()[0]["status"] == "STARTED"
    held = holder(state)
    assert held is not None
    os.kill(held.pid, signal.SIGKILL)
    shoot(page, "run_while_dbt_builds")
    page.goto("about:blank")
    deadline = time.monotonic() + 60
    while holder(state) is not None and time.monotonic() < deadline:
        time.sleep(0.1)
    assert holder(state) is None
    assert current_version(state) == before
    assert (state.root / "working.duckdb.running").exists()


def test_make_dev_ends_with_all_that_it_started(ui: Ui) -> None:
    assert ui.process.poll() is None
    assert not ui.end(), ui.said()


def test_the_run_after_a_killed_one_rebuilds_the_state_that_it_is_told(
    state: StateDir, instance: DagsterInstance, spent: dict[str, float]
) -> None:
    assert (state.root / "working.duckdb.running").exists()
    late = Path(os.environ["LIFECYCLE_RAW_DIR"]) / "orders" / "late.csv"
    late.write_text(LATE_ORDER, encoding="utf-8")
    with metered(spent, "rebuild"):
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


def test_dagster_costs_little_beside_dbt(spent: dict[str, float]) -> None:
    names = ("start's processes", "dagster", "rebuild's processes")
    if not spent.keys() >= {*names}:
        pytest.skip("The tests before this one spend what it compares.")
    start, own, dbt = (spent[name] for name in names)
    # A worker loads the code location, which `validate` does, and builds; ingest, gate and
    # publishing are in `own`. The command line, too, costs more than dbt alone, of a small shop
    # half as much again, so this bounds what tests.benchmarks.overhead measures.
    assert (start + own + dbt) / dbt <= 2.5, spent
