"""The asset graph is the one that was agreed on, and the pure helpers around it decide rightly.

The graph is kept as a literal list in `asset_graph.json`. After a wanted change write it anew and
read the difference: `python -m tests.unit.asset_graph`.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import Mock, patch

import pytest
from dagster import (
    AssetCheckKey,
    AssetCheckSeverity,
    AssetKey,
    DagsterEvent,
    DagsterEventType,
    DagsterInstance,
    DagsterRun,
    RunRequest,
    SensorResult,
    SkipReason,
    TableMetadataValue,
    job,
    op,
)

from orchestration.dagster_home.alerts import FailedCheck, compose, send
from orchestration.dagster_home.assets import build_assets, landing_specs
from orchestration.dagster_home.checks import (
    GATE,
    VERDICT,
    gate_results,
    judge_freshness,
    version_time,
)
from orchestration.dagster_home.dbt_events import check_result
from orchestration.dagster_home.dbt_manifest import read_manifest
from orchestration.dagster_home.dbt_translation import (
    TESTS,
    LifecycleTranslator,
    subject_of,
    translate,
)
from orchestration.dagster_home.dev import (
    MARTS,
    check_host,
    dagster_environment,
    main,
)
from orchestration.dagster_home.run_log import RunLog, failing_in_sentences
from orchestration.dagster_home.sensors import (
    decide,
    listing_hash,
    since_of,
    told_of,
    was_refused,
    what_went_wrong,
)
from orchestration.dagster_home.web_guard import is_loopback
from orchestration.errors import GateClosedError, SettingsError
from orchestration.ingest.raw_contract import load_contract
from orchestration.masking import masked_text
from orchestration.pipeline.breaches import masked
from orchestration.pipeline.dbt_run import NodeResult
from orchestration.pipeline.expectations import SUITE, Finding
from orchestration.settings.dagster_settings import DagsterSettings
from orchestration.settings.paths import REPO_ROOT, StateDir
from orchestration.settings.request import read_dagster_settings
from tests.unit.asset_graph import SNAPSHOT, describe

NOW = datetime(2026, 2, 3, 6, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> StateDir:
    """A state directory that keeps the parsed manifest."""
    return StateDir.at(tmp_path_factory.mktemp("definitions"))


@pytest.fixture(scope="module")
def instance() -> Iterator[DagsterInstance]:
    """An instance that keeps nothing."""
    with DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture(scope="module")
def graph(state: StateDir) -> dict[str, Any]:
    return describe(state)


def test_the_asset_graph_is_the_one_agreed_on(graph: dict[str, Any]) -> None:
    agreed = json.loads(SNAPSHOT.read_text(encoding="utf-8"))
    for part in agreed:
        assert graph[part] == agreed[part], "python -m tests.unit.asset_graph writes it anew"
    assert len(graph["assets"]) > 100
    assert len(graph["checks"]) > 100


def test_every_asset_is_described_and_no_group_is_too_large_to_look_at(
    graph: dict[str, Any],
) -> None:
    assert [key for key, asset in graph["assets"].items() if not asset["is_described"]] == []
    groups = Counter(asset["group"] for asset in graph["assets"].values())
    assert set(groups) >= {
        "landing",
        "raw",
        "rules",
        "staging",
        "intermediate_kpis",
        "marts_lifecycle",
        "marts_kpis",
        "publishing",
    }
    assert max(groups.values()) <= 40, groups
    # Layer and topic: whatever lies in a group of marts is a mart, and the other way round.
    for key, asset in graph["assets"].items():
        assert key.startswith("marts/") == asset["group"].startswith("marts_")


def test_an_asset_wears_the_icons_of_what_makes_and_keeps_it_and_no_other(
    state: StateDir,
) -> None:
    contract = load_contract()
    build = build_assets(contract, translate(read_manifest(state)), {})
    specs = [*landing_specs(contract), *build.specs]
    kinds = {kind for spec in specs for kind in spec.kinds}
    assert kinds == {"file", "python", "dbt", "duckdb", "parquet"}


def test_every_dbt_test_stands_in_the_one_check_of_the_asset_that_it_judges(
    state: StateDir,
) -> None:
    manifest = read_manifest(state)
    nodes = translate(manifest)
    tests = {key for key, node in manifest["nodes"].items() if node["resource_type"] == "test"}
    assert set(nodes.tests) == tests
    assert len(tests) > 100
    described = {check.key: str(check.description) for check in nodes.checks}
    assert len(described) == len(nodes.checks) < len(tests)
    for test, check in nodes.tests.items():
        assert f"`{manifest['nodes'][test]['name']}`" in described[check]


def test_a_test_judges_what_it_is_attached_to_what_it_names_or_a_mart_and_always_an_asset() -> None:
    staged, mart, other = "model.p.stg_a", "model.p.b", "model.p.c"
    manifest: dict[str, Any] = {
        "nodes": {
            staged: {"resource_type": "model", "fqn": ["p", "staging", "stg_a"]},
            mart: {"resource_type": "model", "fqn": ["p", "marts", "lifecycle", "b"]},
            other: {"resource_type": "model", "fqn": ["p", "marts", "lifecycle", "c"]},
            "test.p.t": {"depends_on": {"nodes": [staged, mart, other]}},
        }
    }
    assets = {staged, mart, other}
    test = manifest["nodes"]["test.p.t"]
    assert subject_of(manifest, "test.p.t", assets) == mart
    # An ephemeral model is a parent and no asset.
    assert subject_of(manifest, "test.p.t", {staged, other}) == other
    assert subject_of(manifest, "test.p.t", set()) is None
    test["config"] = {"meta": {"dagster": {"ref": {"name": "c"}}}}
    assert subject_of(manifest, "test.p.t", assets) == other
    test["attached_node"] = staged
    assert subject_of(manifest, "test.p.t", assets) == staged


@pytest.mark.parametrize(
    ("statuses", "passed", "severity"),
    [
        (["pass", "pass"], True, AssetCheckSeverity.ERROR),
        (["pass", "warn"], False, AssetCheckSeverity.WARN),
        (["warn", "fail"], False, AssetCheckSeverity.ERROR),
        (["pass", "error"], False, AssetCheckSeverity.ERROR),
    ],
)
def test_the_check_of_an_asset_fails_with_the_worst_of_its_tests_and_names_those_that_failed(
    tmp_path: Path, statuses: list[str], passed: bool, severity: AssetCheckSeverity
) -> None:
    results = [
        NodeResult(f"test.p.t{number}", status, 3 if status in {"fail", "warn"} else 0, "", 0.1)
        for number, status in enumerate(statuses)
    ]
    manifest = {"nodes": {result.unique_id: {"name": result.unique_id[7:]} for result in results}}
    key = AssetCheckKey(AssetKey(["marts", "subjects"]), TESTS)
    result = check_result(StateDir.at(tmp_path), manifest, key, results)
    assert result.passed is passed
    assert passed or result.severity is severity
    table = result.metadata["tests"]
    assert isinstance(table, TableMetadataValue)
    assert [record.data["status"] for record in table.records] == statuses
    finding = "" if passed else str(result.metadata["finding"].value)
    for number, status in enumerate(statuses):
        assert (f"t{number}: " in finding) == (status != "pass")
    assert ("could not be judged" in finding) == ("error" in statuses)
    assert ("3 rows speak against it" in finding) == bool({"warn", "fail"} & set(statuses))


def test_every_mart_leads_to_the_gate_and_the_gate_to_what_is_published(
    graph: dict[str, Any],
) -> None:
    marts = {key for key in graph["assets"] if key.startswith("marts/")}
    assert len(marts) > 10
    assert set(graph["assets"]["gate"]["deps"]) == marts
    assert graph["assets"]["published/lifecycle"]["deps"] == ["gate"]


def test_every_dbt_unit_test_is_shown_with_the_model_it_proves(state: StateDir) -> None:
    manifest = read_manifest(state)
    translator = LifecycleTranslator(manifest)
    shown = 0
    for node in manifest["nodes"].values():
        if node["resource_type"] != "model":
            continue
        listed = translator.get_metadata(node).get("dbt/unit_tests")
        description = translator.get_description(node)
        for record in listed.records if listed else ():
            assert f"- {record.data['claim']}" in description
            shown += 1
    assert shown == len(manifest["unit_tests"]) > 100


def test_the_way_of_the_data_has_no_gap(graph: dict[str, Any]) -> None:
    assets: Mapping[str, Any] = graph["assets"]
    seen, open_ends = set[str](), ["published/lifecycle"]
    while open_ends:
        key = open_ends.pop()
        if key not in seen:
            seen.add(key)
            open_ends += assets[key]["deps"]
    assert {"landing/events", "landing/orders", "raw/events", "seeds/stage_rules"} <= seen


def test_a_cron_a_zone_an_age_and_an_address_are_checked() -> None:
    for name, value in (
        ("LIFECYCLE_SCHEDULE_CRON", "61 5 * * *"),
        ("LIFECYCLE_SCHEDULE_CRON", "@daily"),
        ("LIFECYCLE_SCHEDULE_TIMEZONE", "Mars/Base"),
        ("LIFECYCLE_FRESHNESS_HOURS", "0"),
        ("LIFECYCLE_FRESHNESS_HOURS", "8785"),
        ("LIFECYCLE_ALERT_WEBHOOK", "file:///etc/passwd"),
    ):
        with patch.dict(os.environ, {name: value}):
            with pytest.raises(SettingsError, match=name) as refused:
                read_dagster_settings()
            assert (value in str(refused.value)) == (name != "LIFECYCLE_ALERT_WEBHOOK")
    with (
        patch.dict(os.environ, {"LIFECYCLE_SCHEDULE_CORN": "0 5 * * *"}),
        pytest.raises(SettingsError, match="unknown"),
    ):
        read_dagster_settings()


def test_what_the_environment_says_is_what_is_scheduled() -> None:
    told = {
        "LIFECYCLE_SCHEDULE_CRON": "30 4 * * 1-5",
        "LIFECYCLE_SCHEDULE_TIMEZONE": "Europe/Rome",
        "LIFECYCLE_FRESHNESS_HOURS": "8784",
        "LIFECYCLE_STATE_DIR": "/tmp/state",  # noqa: S108  # read, never made
    }
    with patch.dict(os.environ, told):
        settings = read_dagster_settings()
    assert settings.alert_file == settings.state_dir / "alerts.jsonl"
    assert str(settings.state_dir) == told["LIFECYCLE_STATE_DIR"]
    assert (settings.cron, settings.timezone) == ("30 4 * * 1-5", "Europe/Rome")
    assert settings.freshness_hours == 8784


@pytest.mark.parametrize(
    ("host", "is_own"),
    [
        ("127.0.0.1", True),
        ("127.8.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),  # noqa: S104  # the very address that is refused
        ("::", False),
        ("192.168.1.4", False),
        ("example.org", False),
    ],
)
def test_the_launcher_listens_where_only_this_machine_can_reach_it(host: str, is_own: bool) -> None:
    assert is_loopback(host) is is_own
    if is_own:
        check_host(host, allow_network=False)
    else:
        with pytest.raises(SettingsError, match="--allow-network"):
            check_host(host, allow_network=False)
    check_host(host, allow_network=True)


def test_the_launcher_says_where_the_marts_are_and_hears_ctrl_c_though_its_shell_does_not(
    state: StateDir, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    became: list[object] = []
    monkeypatch.setenv("LIFECYCLE_STATE_DIR", str(state.root))
    monkeypatch.setattr(os, "execve", lambda *_: became.append(signal.getsignal(signal.SIGINT)))
    # As a shell starts what it sends to the background.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        main(["--port", "3001"])
    finally:
        signal.signal(signal.SIGINT, before)
    assert became == [signal.SIG_DFL]
    assert f"http://127.0.0.1:3001{MARTS}" in capsys.readouterr().out


def test_dagster_is_at_home_in_the_repository_and_keeps_its_state_in_the_state_directory(
    tmp_path: Path,
) -> None:
    state = StateDir.at(tmp_path)
    given = {"PATH": "/bin", "PYTHONWARNINGS": "error"}
    environment = dagster_environment(state, "127.0.0.1", 3000, given)
    assert environment["DAGSTER_HOME"] == str(REPO_ROOT)
    assert environment["LIFECYCLE_STATE_DIR"] == str(tmp_path)
    assert environment["PATH"] == "/bin"
    assert "PYTHONWARNINGS" not in environment


def test_a_listing_changes_with_every_file_and_not_with_its_order(tmp_path: Path) -> None:
    one, two = tmp_path / "events.csv", tmp_path / "orders.csv"
    one.write_text("a", encoding="utf-8")
    two.write_text("b", encoding="utf-8")
    first = listing_hash(tmp_path, [one, two])
    assert first == listing_hash(tmp_path, [two, one])
    assert first != listing_hash(tmp_path, [one])
    two.write_text("bb", encoding="utf-8")
    assert first != listing_hash(tmp_path, [one, two])
    assert listing_hash(tmp_path, []) == ""


def test_a_listing_at_rest_for_a_tick_starts_one_run_and_a_changing_one_none() -> None:
    changed = decide("abc", None)
    assert isinstance(changed, SensorResult)
    assert not changed.run_requests
    assert changed.cursor == "abc"
    at_rest = decide("abc", "abc")
    assert isinstance(at_rest, SensorResult)
    assert at_rest.run_requests == [RunRequest(run_key="abc")]
    assert isinstance(decide("", "abc"), SkipReason)


@pytest.mark.parametrize(("hours", "passed"), [(26, True), (27, False)])
def test_a_version_is_stale_after_the_hours_allowed(hours: int, passed: bool) -> None:
    made_at = NOW - timedelta(hours=hours)
    version = made_at.strftime("%Y%m%dT%H%M%S%fZ") + "-0123456789ab"
    assert version_time(version) == made_at
    assert judge_freshness(version, 26, NOW).passed is passed


def test_nothing_published_is_stale() -> None:
    assert not judge_freshness(None, 26, NOW).passed
    assert not judge_freshness("by-hand", 26, NOW).passed


def test_since_when_is_the_first_failure_after_the_last_success() -> None:
    assert since_of([(30.0, False), (20.0, False), (10.0, True), (5.0, False)]) == 20.0
    assert since_of([(30.0, True), (20.0, False)]) is None
    assert since_of([]) is None


def test_samples_hold_keys_and_nothing_that_reaches_a_person() -> None:
    names = ["subject_id", "note", "email", "first_name", "changed_on", "stage"]
    rows = [
        ("customer:17850", "x", "a@example.org", "Jane", "2026-01-02", "loyalty"),
        ("customer:jane@example.org", "x", "b", "Joe", "2026-01-03", "+39 055 123 4567"),
    ]
    assert masked(names, rows) == [
        {"subject_id": "customer:17850", "changed_on": "2026-01-02", "stage": "loyalty"},
        {"subject_id": "(masked)", "changed_on": "2026-01-03", "stage": "(masked)"},
    ]


def settings_in(tmp_path: Path, webhook: str = "") -> DagsterSettings:
    return DagsterSettings(
        state_dir=tmp_path, webhook=webhook, alert_file=tmp_path / "a.jsonl", url="http://ui"
    )


def test_an_alert_says_what_failed_since_when_which_rows_and_where(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    alert = compose(
        settings,
        kind="run_failure",
        job="daily_build",
        run_id="r1",
        said="Nothing was published.",
        since=NOW.timestamp(),
        failures=[FailedCheck("gate: stage_share", "It is 1.", [{"subject_id": "customer:1"}])],
        now=NOW,
    )
    assert send(alert, settings) == []
    (line,) = settings.alert_file.read_text(encoding="utf-8").splitlines()
    written = json.loads(line)
    assert written["since"] == "2026-02-03T06:00:00+00:00"
    assert written["link"] == "http://ui/runs/r1"
    assert written["text"].splitlines() == [
        "Run failure: daily_build",
        "Nothing was published.",
        "- gate: stage_share: It is 1.",
        '  for example [{"subject_id": "customer:1"}]',
        "Since 2026-02-03T06:00:00+00:00.",
        "http://ui/runs/r1",
    ]


@pytest.mark.parametrize(
    ("said", "sent"),
    [
        ("No cast of string 'Jane Doe' to INT32.", "No cast of string (masked) to INT32."),
        ('Could not parse string "Jane" as a date.', "Could not parse string (masked) as a date."),
        ('Invalid "jane@example.org"; see <a.b@c.io>', 'Invalid "(masked)"; see <(masked)>'),
        ("Call +39 055 123 4567 or 0551234567.", "Call (masked) or (masked)."),
    ],
)
def test_a_value_that_a_database_could_not_read_stays_out_of_the_message(
    said: str, sent: str
) -> None:
    assert masked_text(said) == sent


@pytest.mark.parametrize(
    "said",
    [
        'The model "kpi_values" ended with error: Binder Error in line 12.',
        "The published version 20260203T060000123456Z-0123456789ab is 27.0 hours old.",
        "Since 2026-02-03 06:00:00 UTC, 1,234,567 rows of 2026-02-03; it's the shop's own.",
        "53,197 rows read = 53,184 loaded + 13 duplicate + 0 quarantined",
    ],
)
def test_names_dates_and_counts_stay_in_the_message(said: str) -> None:
    assert masked_text(said) == said


def failed_run(
    error: Exception, instance: DagsterInstance
) -> tuple[DagsterRun, DagsterEvent, list[DagsterEvent]]:
    """Return a run of one op that fails, its failure, and the failures of its steps."""

    @op
    def fails() -> None:
        with failing_in_sentences():
            raise error

    @job
    def daily_build() -> None:
        fails()

    result = daily_build.execute_in_process(instance=instance, raise_on_error=False)
    run = instance.get_run_by_id(result.run_id)
    assert run is not None
    (failed,) = [told for told in result.all_events if told.is_run_failure]
    return run, failed, [told for told in result.all_events if told.is_step_failure]


def test_a_dead_worker_a_run_cut_short_and_a_closed_gate_are_told_apart(
    instance: DagsterInstance,
) -> None:
    run, failed, steps = failed_run(GateClosedError(["A test."]), instance)
    started = instance.report_engine_event("Started process.", run)
    killed = instance.report_engine_event("The process was terminated by signal 9.", run)
    outside = instance.report_run_failed(run, "The run was marked as failed")
    assert what_went_wrong(outside, [], [started, killed], []) == (
        "The process was terminated by signal 9. The run was marked as failed."
    )
    # The step was interrupted, which is not why the run failed.
    instance.report_run_canceling(run)
    (cut,) = told_of(instance, run.run_id, DagsterEventType.RUN_CANCELING)
    assert what_went_wrong(outside, steps, [started], [cut]) == "The run was marked as failed."
    assert what_went_wrong(failed, steps, [started], []) == "Nothing was published.\nA test."
    assert what_went_wrong(failed, [], [started], []) == failed.message


def test_of_an_error_that_nobody_foresaw_only_the_kind_is_told(
    instance: DagsterInstance,
) -> None:
    _, failed, steps = failed_run(ValueError("jane@example.org"), instance)
    said = what_went_wrong(failed, steps, [], [])
    assert "ValueError" in said
    assert "jane" not in said


def test_a_click_for_what_cannot_be_built_alarms_nobody_and_a_schedule_does(
    instance: DagsterInstance,
) -> None:
    run, _, steps = failed_run(SettingsError("--as-of must be a date."), instance)
    assert was_refused(run, steps)
    for tag in ("dagster/schedule_name", "dagster/sensor_name"):
        assert not was_refused(run.with_tags({tag: "x"}), steps)
    for error in (GateClosedError(["A test."]), ValueError("no")):
        run, _, steps = failed_run(error, instance)
        assert not was_refused(run, steps)


def test_a_run_tells_every_node_on_its_output_and_one_in_five_seconds_in_its_log(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Mock()
    now = iter([10.0, 10.0, 12.0, 16.0, 16.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(now))
    told = RunLog(log)
    for done in (1, 2, 3):
        told.step(done, 3, f"node_{done}")
    assert capsys.readouterr().out.splitlines() == [
        f"{done} of 3: node_{done}" for done in (1, 2, 3)
    ]
    assert [call.args[0] for call in log.info.call_args_list] == [
        "1 of 3: node_1",
        "3 of 3: node_3",
    ]


def test_a_webhook_that_is_down_hides_neither_the_file_nor_its_own_failure(tmp_path: Path) -> None:
    # Port 9 of loopback: nothing listens there.
    settings = settings_in(tmp_path, webhook="http://127.0.0.1:9/secret")
    alert = compose(
        settings,
        kind="check_failure",
        job="freshness",
        run_id="r2",
        said="",
        since=None,
        failures=[],
        now=NOW,
    )
    (problem,) = send(alert, settings)
    assert "secret" not in problem
    assert settings.alert_file.is_file()


def test_a_band_without_a_finding_has_failed() -> None:
    declared = {"stage_share": "why", "subjects": "why"}
    within = Finding("stage_share", True, "error", "It lies within.", {"loyalty": 0.2})
    results = {result.check_name: result.passed for result in gate_results(declared, [within], "")}
    assert results == {VERDICT: True, "stage_share": True, "subjects": False}
    broken = Finding(SUITE, False, "error", "The suite did not run.", {})
    closed = list(gate_results(declared, [broken], "Nothing was published."))
    assert [result.passed for result in closed] == [False, False, False]
    assert {result.asset_key for result in closed} == {GATE}
