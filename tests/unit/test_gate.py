"""The gate: each reason closes it, and there is no way to publish past it."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from orchestration.errors import GateClosedError
from orchestration.pipeline.dbt_run import DbtRun
from orchestration.pipeline.gate import fingerprint, gate
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


FAILED = {"status": "fail", "failures": 3, "message": "Got 3 results, configured to fail if != 0"}


def failed(compiled: str, *, test: str = CHECK, attached: bool = True) -> DbtRun:
    """Return a run in which the check failed, whose SQL is given."""
    run = with_result(test, **FAILED)
    node = run.manifest["nodes"][test]
    node["compiled_code"] = compiled
    node["attached_node"] = MART if attached else None
    return run


def test_a_broken_claim_is_told_with_its_table_its_rows_and_their_keys(state: StateDir) -> None:
    run = failed(
        "select 'stage is empty' as breach, 7 as broken_rows, subject_id "
        "from marts.subjects limit 2"
    )
    assert reasons(state, run) == (
        "marts.subjects: stage is empty in 7 rows "
        "(subject_id customer:5; subject_id customer:4; …). "
        f"The rows stand in {state.working_database}.",
    )


def test_every_claim_that_a_check_finds_broken_has_a_sentence_of_its_own(state: StateDir) -> None:
    run = failed(
        "select 'stage is empty' as breach, 1 as broken_rows, 'a' as subject_id "
        "union all select 'subject_id repeats', 2, 'b'"
    )
    assert [reason.partition(".")[2].partition(" (")[0] for reason in reasons(state, run)] == [
        "subjects: stage is empty in 1 row",
        "subjects: subject_id repeats in 2 rows",
    ]


def test_a_broken_law_is_told_by_its_name_as_words_with_count_and_keys(state: StateDir) -> None:
    run = failed("select subject_id, net_revenue from marts.subjects", attached=False)
    (reason,) = reasons(state, run)
    assert reason.startswith(
        "marts.subjects: it does not hold that subjects key in 5 rows (subject_id customer:5; "
    )
    assert "net_revenue" not in reason


def test_rows_with_a_raw_key_name_the_file_and_the_line_to_correct(state: StateDir) -> None:
    with duckdb.connect(str(state.raw_database)) as raw:
        raw.execute("alter table raw.raw.ingest_files add column file_id integer default 4")
        raw.execute(
            "create table raw.raw.orders as select 'o1' as order_id, 4 as _file_id, 17 as _line"
        )
    run = failed("select 'total_price is empty' as breach, 1 as broken_rows, 'o1' as order_id")
    assert reasons(state, run) == (
        "marts.subjects: total_price is empty in 1 row (order_id o1). "
        "Correct events.csv line 17 and build again.",
    )


def test_a_broken_rule_names_the_seed_to_correct(state: StateDir) -> None:
    run = failed("select 'rule is no rule of rules' as breach, 1 as broken_rows, 'x' as rule")
    seed = f"seed.{PROJECT}.stage_rules"
    run.manifest["nodes"][CHECK]["attached_node"] = seed
    run.manifest["nodes"][seed] = {"name": "stage_rules", "schema": "seeds", "config": {}}
    assert reasons(state, run) == (
        "seeds.stage_rules: rule is no rule of rules in 1 row (rule x). "
        "Correct stage_rules.csv among the rules and build again.",
    )


@pytest.mark.parametrize(
    ("compiled", "secret"),
    [
        ("select 'x is empty' as breach, 1 as broken_rows, 'jane@example.org' as email", "jane"),
        ("select 'x is empty' as breach, 1 as broken_rows, 'Jane' as first_name", "Jane"),
        ("select 'x is empty' as breach, 1 as broken_rows, 'jane@example.org' as order_id", "jane"),
        ("select 'x is \"jane@example.org\", none of a' as breach, 1 as broken_rows", "jane"),
        ("select 'Berlin' as city, '+39 055 123 4567' as user_id", "Berlin"),
        ("select 'Berlin' as city, '+39 055 123 4567' as user_id", "055"),
    ],
)
def test_no_value_of_a_person_is_told(state: StateDir, compiled: str, secret: str) -> None:
    (reason,) = reasons(state, failed(compiled))
    assert "in 1 row" in reason
    assert secret not in reason


@pytest.mark.parametrize("compiled", ["", "select * from marts.gone", "select 1 where false"])
def test_a_check_whose_rows_cannot_be_read_again_is_told_by_its_name(
    state: StateDir, compiled: str
) -> None:
    assert reasons(state, failed(compiled)) == ('The check "subjects key" found 3 rows.',)


def test_no_reason_repeats_the_words_of_dbt(state: StateDir) -> None:
    for compiled in ("", "select 'x is empty' as breach, 1 as broken_rows"):
        (reason,) = reasons(state, failed(compiled))
        assert "configured to fail" not in reason
        assert "Got 3" not in reason


@pytest.mark.parametrize("status", ["error", "runtime error", "skipped", "no-op", ""])
def test_a_check_that_could_not_run_closes_the_gate(state: StateDir, status: str) -> None:
    (reason,) = reasons(state, with_result(CHECK, status=status, message="Catalog Error"))
    assert "subjects key" in reason


def test_a_model_that_errors_closes_the_gate_with_its_message(state: StateDir) -> None:
    run = with_result(MART, status="error", message="Binder Error:\n  no such column")
    assert reasons(state, run) == (
        'The model "subjects" ended with error: Binder Error: no such column',
    )


def test_a_check_that_warns_passes_and_is_told(state: StateDir) -> None:
    run = with_result(CHECK, status="warn", failures=2, message="Got 2 results, configured to warn")
    assert gate(state, run, identity("b1")).warnings == ('The check "subjects key" found 2 rows.',)


def test_results_of_an_earlier_invocation_never_count(state: StateDir) -> None:
    (reason,) = reasons(state, make_run(results_invocation_id="an earlier one"))
    assert "without results of this run" in reason


def test_a_process_that_never_said_its_invocation_closes_the_gate(state: StateDir) -> None:
    run = make_run(invocation_id="", results_invocation_id="", exit_code=-9, errors=("Killed",))
    assert "exit code -9" in reasons(state, run)[0]
    assert "Killed" in reasons(state, run)[0]


PARSE_ERROR = """Compilation Error
  Model 'model.customer_lifecycle.stages' (models/marts/lifecycle/stages.sql)
    ------------------
  depends on a node named 'x' which was not found"""


def test_what_dbt_said_of_a_project_it_cannot_read_is_told_with_the_file(state: StateDir) -> None:
    run = make_run(results_invocation_id="", exit_code=2, errors=("Other", PARSE_ERROR))
    assert reasons(state, run)[0] == (
        "dbt ended (exit code 2) without results of this run: Compilation Error Model 'stages' "
        "(models/marts/lifecycle/stages.sql) depends on a node named 'x' which was not found."
    )


def test_what_a_model_met_in_the_data_is_masked(state: StateDir) -> None:
    message = "Conversion Error: Could not convert string 'Mario Rossi' to INT32 (m@rossi.example)"
    (reason,) = reasons(state, with_result(MART, status="error", message=message))
    assert "Could not convert string (masked) to INT32" in reason
    assert "rossi" not in reason.lower()


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


def test_an_empty_mart_over_finished_periods_passes_if_its_model_says_so(state: StateDir) -> None:
    run = make_run()
    run.manifest["nodes"][MART]["config"]["meta"]["may_be_empty"] = True
    with duckdb.connect(str(state.working_database)) as working:
        working.execute("delete from marts.subjects")
    assert gate(state, run, identity("b1")).marts[1].rows == 0


def test_a_missing_working_database_closes_the_gate(state: StateDir) -> None:
    state.working_database.unlink()
    assert "does not exist" in reasons(state, make_run())[0]


def test_reasons_of_other_checks_close_the_gate_too(state: StateDir) -> None:
    with pytest.raises(GateClosedError, match="Volume halved"):
        gate(state, make_run(), identity("b1"), more_reasons=["Volume halved."])


def test_what_was_written_after_the_gate_into_the_log_alone_changes_the_fingerprint(
    state: StateDir,
) -> None:
    """The rows lie in the write-ahead log: the database file itself stays as it was judged."""
    before, file_before = fingerprint(state), state.working_database.stat()
    script = (
        "import duckdb, os, sys\n"
        "writer = duckdb.connect(sys.argv[1])\n"
        "writer.execute('pragma disable_checkpoint_on_shutdown')\n"
        "writer.execute('insert into marts.subjects select * from marts.subjects')\n"
        "os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", script, str(state.working_database)], check=True)
    file_after = state.working_database.stat()
    assert (file_before.st_size, file_before.st_mtime_ns) == (
        file_after.st_size,
        file_after.st_mtime_ns,
    )
    assert fingerprint(state) != before


@pytest.mark.parametrize("sign", ["No space left on device", "Disk quota exceeded"])
def test_a_full_disk_is_the_one_reason_and_told_as_such(state: StateDir, sign: str) -> None:
    """Of such a run nothing is left that could be judged; what Python prints last says nothing."""
    nothing = make_run(
        exit_code=2, errors=(f"OSError: [Errno 28] {sign}", "Unable to log"), results=()
    )
    found = f"The disk of {state.root} is full ({sign}); free some, build again."
    assert reasons(state, nothing) == (found,)
    message = f'Runtime Error\n  IO Error: Could not write file "/s/working.duckdb": {sign}'
    failed = with_result(MART, status="error", message=message)
    assert reasons(state, replace(failed, exit_code=1)) == (found,)


def test_a_damaged_page_of_a_mart_closes_the_gate(tmp_path: Path) -> None:
    """It shows only when it is read: counts and ends of a column are kept elsewhere."""
    state = make_state(tmp_path / "state", rows=60_000)
    content = bytearray(state.working_database.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 64] = bytes(64)
    state.working_database.write_bytes(content)
    said = reasons(state, make_run())[0]
    assert "cannot be read" in said
    assert said.endswith("; build again, which keeps nothing of it.")
