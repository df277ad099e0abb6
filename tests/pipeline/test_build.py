"""`lifecycle build` from landing files to published marts, and everything that may go wrong.

The tests of this module share one copy of the small shop's state and run in order: what a build
leaves is what the next one finds. Each real build costs half a minute of dbt.
"""

from __future__ import annotations

import json
import shutil
import signal
from importlib.metadata import version as package_version
from pathlib import Path

import duckdb
import pytest

from orchestration.errors import GateClosedError
from orchestration.pipeline.build import build
from orchestration.pipeline.versions import current_version, versions
from orchestration.progress import Silent
from orchestration.settings.build_settings import BuildSettings
from orchestration.settings.paths import DBT_PROJECT_DIR, REPO_ROOT, StateDir
from orchestration.settings.request import BuildRequest
from tests.conftest import Lifecycle
from tests.pipeline.small_shop import copy_of_shop

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory, small_state: StateDir) -> StateDir:
    """The small shop, published once."""
    return copy_of_shop(small_state.root.parent, tmp_path_factory.mktemp("build"))


@pytest.fixture(scope="module")
def raw_dir(state: StateDir) -> Path:
    return state.root.parent / "landing"


def marts(state: StateDir) -> dict[str, list[tuple[object, ...]]]:
    """Return every published mart, row by row in stored order; build_info names the build."""
    with duckdb.connect(str(state.published_database), read_only=True) as reader:
        tables = reader.execute(
            "select table_name from duckdb_tables() where table_name <> 'build_info' order by all"
        ).fetchall()
        found = {
            name: reader.execute(f"select * from marts.{name}").fetchall() for (name,) in tables
        }
    assert found["lifecycle_history"]
    return found


def test_a_build_tells_its_phases_and_leaves_a_report_of_what_it_published(
    small_state: StateDir,
) -> None:
    told = (small_state.root.parent / "told").read_text(encoding="utf-8")
    ended = [line for line in told.splitlines() if " s  " in line and "…" not in line]
    assert [line.split()[0] for line in ended] == ["rules", "ingest", "dbt", "gate", "publish"]
    page = (small_state.root.parent / "report.html").read_text(encoding="utf-8")
    assert str(current_version(small_state)) in page


def test_a_build_publishes_the_good_rows_and_accounts_for_the_bad_ones(
    state: StateDir, lifecycle: Lifecycle
) -> None:
    with duckdb.connect(str(state.raw_database), read_only=True) as raw:
        ledger = dict(
            raw.execute(
                "select path, (rows_read, rows_loaded, rows_duplicate, rows_quarantined) "
                "from raw.raw.ingest_files"
            ).fetchall()
        )
        quarantined = raw.execute(
            "select source_file, column_name from raw.raw.quarantine order by source_file"
        ).fetchall()
    assert ledger == {
        "events.csv": (5, 4, 1, 0),
        "refunds.csv": (1, 1, 0, 0),
        "orders/january.csv": (4, 3, 0, 1),
        "orders/february.parquet": (1, 1, 0, 0),
        "orders/dollars.csv": (1, 1, 0, 0),
        "exchange_rates.csv": (1, 1, 0, 0),
    }
    assert [(Path(file).name, column) for file, column in quarantined] == [
        ("january.csv", "total_price"),
    ]
    with duckdb.connect(str(state.published_database), read_only=True) as reader:
        subjects = reader.execute("select subject_id from marts.subjects order by all").fetchall()
        accounting = reader.execute(
            "select count(*) from marts.row_accounting "
            "where scope = 'file' and name like '%january%'"
        ).fetchone()
    customers = [(f"customer:c{number}",) for number in (1, 2, 4)]
    assert subjects == [*customers, ("visitor:a2",)]
    assert accounting == (1,)
    told = lifecycle("status", "--state-dir", state.root).stdout
    assert "orders          3 files, 6 rows read = 5 loaded + 0 duplicate + 1 quarantined" in told
    assert "Left out by staging\n  stg_refunds  order_unknown: 1" in told
    assert "outcome  published at" in told


def test_the_published_database_holds_schema_marts_and_nothing_else(state: StateDir) -> None:
    with duckdb.connect(str(state.published_database), read_only=True) as reader:
        schemas = reader.execute("select distinct schema_name from duckdb_tables()").fetchall()
        views = reader.execute("select count(*) from duckdb_views() where not internal").fetchone()
        undescribed = reader.execute(
            "select table_name, column_name from duckdb_columns() "
            "where not internal and comment is null"
        ).fetchall()
    assert (schemas, views, undescribed) == ([("marts",)], (0,), [])
    names = {path.stem for path in (state.current / "parquet").iterdir()}
    assert names == {*marts(state), "build_info"}


def test_build_info_names_the_build_and_its_settings(state: StateDir) -> None:
    with duckdb.connect(str(state.published_database), read_only=True) as reader:
        row = reader.execute(
            "select build_id, package_version, length(inputs_hash), length(rules_hash), "
            "cast(as_of_date as varchar), reporting_currency, default_framework "
            "from marts.build_info"
        ).fetchone()
    last = json.loads(state.last_build.read_text(encoding="utf-8"))
    version = package_version("customer-lifecycle")
    assert row == (last["build_id"], version, 64, 64, "2026-02-10", "EUR", "discovery_to_advocacy")
    assert current_version(state) == last["version"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--frameworks", "classic_six"], 'did you mean "classic_five"?'),
        (["--rules-dir", "EMPTY"], "holds no rule seed"),
        (
            ["--rules-dir", "UNKNOWN_SIGNAL"],
            'rule_conditions.csv line 2: the rule "seen" names the',
        ),
        (["--raw-dir", "ELSEWHERE"], "was fed from"),
    ],
)
def test_what_cannot_be_built_is_refused_and_readers_keep_their_version(
    state: StateDir,
    raw_dir: Path,
    lifecycle: Lifecycle,
    tmp_path: Path,
    options: list[str],
    sentence: str,
) -> None:
    (tmp_path / "EMPTY").mkdir()
    (tmp_path / "UNKNOWN_SIGNAL").mkdir()
    shipped = (REPO_ROOT / "seeds" / "rules" / "rule_conditions.csv").read_text(encoding="utf-8")
    (tmp_path / "UNKNOWN_SIGNAL" / "rule_conditions.csv").write_text(
        shipped.replace("seen,1,any,", "seen,1,anything,"), encoding="utf-8"
    )
    shutil.copytree(raw_dir, tmp_path / "ELSEWHERE")
    before = marts(state)
    given = [str(tmp_path / option) if option.isupper() else option for option in options]
    if "--raw-dir" not in given:
        given += ["--raw-dir", str(raw_dir)]
    refused = lifecycle("build", "--state-dir", state.root, *given)
    assert refused.returncode == 2
    assert sentence in refused.stderr
    assert "Traceback" not in refused.stderr
    assert marts(state) == before
    assert len(versions(state)) == 1


def test_a_landing_directory_without_files_does_not_bind_the_state(
    lifecycle: Lifecycle, raw_dir: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    where = ("--state-dir", tmp_path / "state")
    refused = lifecycle("ingest", "--raw-dir", tmp_path / "empty", *where)
    assert refused.returncode == 2
    assert "no file for events or orders" in refused.stderr
    assert lifecycle("ingest", "--raw-dir", raw_dir, *where).returncode == 0


def test_kill_9_during_dbt_needs_no_manual_step_and_the_rebuild_is_equal(
    state: StateDir, raw_dir: Path, lifecycle: Lifecycle
) -> None:
    before, arguments = marts(state), ("--raw-dir", raw_dir, "--state-dir", state.root)
    killed = lifecycle("build", *arguments, LIFECYCLE_FAIL_POINT="build.dbt_started")
    assert killed.returncode == -signal.SIGKILL
    assert marts(state) == before
    assert "killed in the phase dbt" in lifecycle("status", "--state-dir", state.root).stdout
    rebuilt = lifecycle("build", *arguments)
    assert rebuilt.returncode == 0, rebuilt.stdout + rebuilt.stderr
    assert "The last dbt run was cut off; working.duckdb is discarded" in rebuilt.stdout
    landed = [path for path in raw_dir.rglob("*") if path.is_file()]
    assert f"0 new files, {len(landed)} known" in rebuilt.stdout
    assert marts(state) == before
    assert len(versions(state)) == 2


def test_a_failing_check_publishes_nothing_and_readers_keep_their_version(
    state: StateDir, raw_dir: Path, tmp_path: Path
) -> None:
    """Overlapping intervals are planted in a copy of the project; a law has to see them."""
    project = tmp_path / "dbt_project"
    ignored = shutil.ignore_patterns("target", "logs")
    shutil.copytree(DBT_PROJECT_DIR, project, ignore=ignored)
    history = project / "models" / "marts" / "lifecycle" / "lifecycle_history.sql"
    overlapping = (
        "\nunion all\n"
        "select * replace (cast(valid_from + 1 as date) as valid_from) from history "
        "where valid_to - valid_from > 2\n"
    )
    history.write_text(history.read_text(encoding="utf-8") + overlapping, encoding="utf-8")
    before, published = marts(state), current_version(state)
    request = BuildRequest(BuildSettings(), raw_dir, state, project=project)
    with pytest.raises(GateClosedError) as closed:
        build(request, Silent())
    assert any("intervals touch" in reason for reason in closed.value.reasons)
    assert str(closed.value).startswith("Nothing was published.")
    assert marts(state) == before
    assert current_version(state) == published
    last = json.loads(state.last_build.read_text(encoding="utf-8"))
    assert (last["outcome"], last["phase"]) == ("failed", "gate")
