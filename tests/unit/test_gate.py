"""The gate: each reason closes it, and there is no way to publish past it."""

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from orchestration.errors import GateClosedError
from orchestration.pipeline.dbt_run import DbtRun
from orchestration.pipeline.gate import gate
from orchestration.settings.paths import StateDir
from tests.unit.finished_runs import PROJECT, identity, make_run, make_state

CHECK = f"test.{PROJECT}.subjects_key"
MART = f"model.{PROJECT}.subjects"


@pytest.fixture
def state(tmp_path: Path) -> StateDir:
    return make_state(tmp_path / "state")


def with_result(unique_id: str, **changes: object) -> DbtRun:
    """Return a good run in which one node ended differently."""
    run = make_run()
    results = tuple(
        replace(result, **changes) if result.unique_id == unique_id else result  # type: ignore[arg-type]
        for result in run.results
    )
    assert results != run.results
    return replace(run, results=results)


def reasons(state: StateDir, run: DbtRun) -> tuple[str, ...]:
    """Return why the gate is closed; it must be."""
    with pytest.raises(GateClosedError) as closed:
        gate(state, run, identity("b1"))
    return closed.value.reasons


def test_a_good_run_passes_with_its_marts_counted(state: StateDir) -> None:
    gate_pass = gate(state, make_run(), identity("b1"))
    assert [(mart.name, mart.rows) for mart in gate_pass.marts] == [
        ("build_info", 1),
        ("subjects", 5),
    ]
    assert gate_pass.tests == 2


def test_a_failed_check_closes_the_gate_with_its_name_and_count(state: StateDir) -> None:
    run = with_result(CHECK, status="fail", failures=3, message="Got 3 results, configured to fail")
    assert reasons(state, run) == (
        'The check "subjects_key" failed with 3 rows (Got 3 results, configured to fail).',
    )


@pytest.mark.parametrize("status", ["error", "runtime error", "skipped", "no-op", ""])
def test_a_check_that_could_not_run_closes_the_gate(state: StateDir, status: str) -> None:
    (reason,) = reasons(state, with_result(CHECK, status=status, message="Catalog Error"))
    assert "subjects_key" in reason


def test_a_model_that_errors_closes_the_gate_with_its_message(state: StateDir) -> None:
    run = with_result(MART, status="error", message="Binder Error:\n  no such column")
    assert reasons(state, run) == (
        'The model "subjects" ended with error: Binder Error: no such column',
    )


def test_a_check_that_warns_passes_and_is_told(state: StateDir) -> None:
    run = with_result(CHECK, status="warn", message="Got 2 results, configured to warn")
    assert gate(state, run, identity("b1")).warnings == (
        'The check "subjects_key" warns: Got 2 results, configured to warn.',
    )


def test_results_of_an_earlier_invocation_never_count(state: StateDir) -> None:
    (reason,) = reasons(state, make_run(results_invocation_id="an earlier one"))
    assert "without results of this run" in reason


def test_a_process_that_never_said_its_invocation_closes_the_gate(state: StateDir) -> None:
    run = make_run(invocation_id="", results_invocation_id="", exit_code=-9, errors=("Killed",))
    assert "exit code -9" in reasons(state, run)[0]
    assert "Killed" in reasons(state, run)[0]


def test_a_bad_exit_code_closes_the_gate_although_every_result_is_good(state: StateDir) -> None:
    assert reasons(state, make_run(exit_code=2)) == ("dbt ended with exit code 2.",)


def test_a_build_without_checks_is_not_published(state: StateDir) -> None:
    run = make_run()
    nodes = {key: node for key, node in run.manifest["nodes"].items() if "test." not in key}
    results = tuple(result for result in run.results if "test." not in result.unique_id)
    assert reasons(state, replace(run, manifest={"nodes": nodes}, results=results)) == (
        "No test ran; a build without checks is not published.",
    )


@pytest.mark.parametrize("unique_id", [CHECK, MART])
def test_a_node_left_out_of_the_run_closes_the_gate(state: StateDir, unique_id: str) -> None:
    run = make_run()
    results = tuple(result for result in run.results if result.unique_id != unique_id)
    assert any("not part of this run" in r for r in reasons(state, replace(run, results=results)))


def test_a_mart_that_no_check_judges_closes_the_gate(state: StateDir) -> None:
    run = make_run()
    run.manifest["nodes"][CHECK]["depends_on"]["nodes"] = []
    assert reasons(state, run) == ('No test judges the mart "subjects".',)


def test_a_mart_without_an_enforced_contract_closes_the_gate(state: StateDir) -> None:
    run = make_run()
    run.manifest["nodes"][MART]["config"]["contract"]["enforced"] = False
    assert reasons(state, run) == ('The mart "subjects" has no enforced contract.',)


@pytest.mark.parametrize("key", [[], ["gone"]])
def test_a_mart_without_a_primary_key_closes_the_gate(state: StateDir, key: list[str]) -> None:
    run = make_run()
    run.manifest["nodes"][MART]["config"]["meta"]["primary_key"] = key
    assert reasons(state, run) == ('The mart "subjects" names no primary key among its columns.',)


def test_a_file_whose_rows_do_not_add_up_closes_the_gate(state: StateDir) -> None:
    with duckdb.connect(str(state.raw_database)) as raw:
        raw.execute("update raw.raw.ingest_files set rows_read = 4")
    assert reasons(state, make_run()) == (
        "events.csv: 4 rows read are not 1 loaded + 1 duplicate + 1 quarantined + 0 set aside.",
    )


def test_an_empty_ledger_closes_the_gate(state: StateDir) -> None:
    with duckdb.connect(str(state.raw_database)) as raw:
        raw.execute("delete from raw.raw.ingest_files")
    assert "ledger" in reasons(state, make_run())[0]


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (
            "drop table marts.subjects",
            'The mart "subjects" does not exist in the working database.',
        ),
        (
            "alter table marts.subjects drop net_revenue",
            'The mart "subjects" lacks net_revenue in the working database.',
        ),
        ("delete from marts.subjects", 'The mart "subjects" is empty.'),
    ],
)
def test_a_mart_that_is_not_what_the_manifest_says_closes_the_gate(
    state: StateDir, statement: str, reason: str
) -> None:
    with duckdb.connect(str(state.working_database)) as working:
        working.execute(statement)
    assert reasons(state, make_run()) == (reason,)


def test_an_empty_mart_outside_the_lifecycle_folder_passes(state: StateDir) -> None:
    with duckdb.connect(str(state.working_database)) as working:
        working.execute("delete from marts.build_info")
    assert gate(state, make_run(), identity("b1")).marts[0].rows == 0


def test_a_missing_working_database_closes_the_gate(state: StateDir) -> None:
    state.working_database.unlink()
    assert "does not exist" in reasons(state, make_run())[0]


def test_reasons_of_other_checks_close_the_gate_too(state: StateDir) -> None:
    with pytest.raises(GateClosedError, match="Volume halved"):
        gate(state, make_run(), identity("b1"), more_reasons=["Volume halved."])
