"""What a build says of the version before it, on one small shop that is built twice.

The tests of this module run in order: what one leaves is what the next one finds.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.changes.causes import Maker
from orchestration.changes.diff import compared
from orchestration.changes.previous import place_previous
from orchestration.changes.version import read_version
from orchestration.pipeline.versions import versions
from orchestration.settings.paths import StateDir
from tests.conftest import Lifecycle
from tests.pipeline.dbt_kit import dbt
from tests.pipeline.small_shop import write_small_shop

pytestmark = pytest.mark.slow

LATE_ORDER = """order_id,customer_id,created_at,status,currency,total_price
o9,c2,2026-01-05T11:00:00Z,paid,EUR,10.00
"""


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory, lifecycle: Lifecycle) -> StateDir:
    """The small shop, published once, and once more with an order that came late."""
    folder = tmp_path_factory.mktemp("changes")
    raw_dir, state = write_small_shop(folder / "landing"), StateDir.at(folder / "state")
    for late in ("", LATE_ORDER):
        if late:
            (raw_dir / "orders" / "late.csv").write_text(late, encoding="utf-8")
        built = lifecycle("build", "--raw-dir", raw_dir, "--state-dir", state.root)
        assert built.returncode == 0, built.stdout + built.stderr
    return state


def rows(database: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(database), read_only=True) as reader:
        return reader.execute(sql).fetchall()


def of_version(state: StateDir, number: int, sql: str) -> Sequence[tuple[Any, ...]]:
    return rows(state.versions / versions(state)[number] / "lifecycle.duckdb", sql)


def test_the_first_build_restates_nothing_and_the_second_what_the_late_order_changed(
    state: StateDir,
) -> None:
    assert of_version(state, 0, "from marts.restatements") == []
    restated = of_version(
        state,
        1,
        "select kpi, old_value, new_value, cause from marts.restatements where dimension = 'all' "
        "and period_grain = 'month' and period_start = '2026-01-01' and kpi in ('orders', "
        "'net_revenue', 'visitors') order by kpi",
    )
    assert restated == [
        ("net_revenue", 220, 230, "late_fact"),
        ("orders", 3, 4, "late_fact"),
    ]
    assert of_version(state, 1, "select distinct cause from marts.restatements") == [("late_fact",)]


def test_diff_says_of_kpis_what_the_mart_says(state: StateDir, lifecycle: Lifecycle) -> None:
    before, after = (read_version(state.versions / name) for name in versions(state))
    with compared(before, after, state.raw_database) as diff:
        told = {tuple(row) for row in diff.rows(kind="kpi")}
        moved = {row[2] for row in diff.rows(kind="subject")}
    mart = of_version(
        state,
        1,
        "select 'kpi', kpi, null, dimension, dimension_value, period_grain, period_start, "
        "period_end, cast(old_value as varchar), cast(new_value as varchar), cause "
        "from marts.restatements",
    )
    assert len(told) > 20
    assert told == set(mart)
    assert moved == {"customer:c2"}
    printed = lifecycle("diff", "--state-dir", state.root)
    assert printed.returncode == 0, printed.stderr
    assert "late_fact               1 subjects" in printed.stdout


def test_rules_are_entered_once_and_the_same_ones_not_again(state: StateDir) -> None:
    first = of_version(state, 0, "from marts.rule_changes")
    assert len(first) == 1
    assert of_version(state, 1, "from marts.rule_changes") == first


def test_other_rules_are_entered_with_the_subjects_that_they_moved(
    state: StateDir, tmp_path: Path
) -> None:
    """A version in which two subjects stood elsewhere; of one of them a row arrived since."""
    other = StateDir.at(tmp_path / "state")
    shutil.copytree(state.root, other.root, symlinks=True)
    first = other.versions / versions(other)[0]
    history = first / "parquet" / "lifecycle_history.parquet"
    history.chmod(0o644)
    moved = (
        "select * replace (case when subject_id in ('customer:c1', 'customer:c2') "
        "then 'elsewhere' else stage end as stage) "
    )
    duckdb.execute(
        f"create table moved as {moved} from read_parquet('{history}');"
        f"copy moved to '{history}' (format parquet)"
    )
    place_previous(other.working_database, other.raw_database, first, Maker("new rules", ""), None)
    made = dbt(other, "run", "--select", "rule_changes", "restatements")
    assert made.returncode == 0, made.stdout
    changes = rows(
        other.working_database,
        "select previous_rules_hash is null, subjects, subjects_moved from marts.rule_changes "
        "order by first_build_id = 'by-hand'",
    )
    # Of customer:c2 a row arrived; customer:c1 and visitor:a2 are compared.
    assert changes == [(True, None, None), (False, 2, 1)]
    causes = rows(other.working_database, "select distinct cause from marts.restatements")
    assert causes == [("rules",)]
