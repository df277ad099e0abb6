"""What a build says of the version before it, on one small shop that is built twice.

The tests of this module run in order: what one leaves is what the next one finds.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.changes.causes import Cause, Maker
from orchestration.changes.diff import compared
from orchestration.changes.previous import place_previous
from orchestration.changes.version import read_version
from orchestration.errors import GateClosedError
from orchestration.pipeline.build import (
    build_identity,
    dbt_phase,
    gate_phase,
    ingest_only,
    ingest_phase,
    open_build,
    publish_phase,
    rules_phase,
)
from orchestration.pipeline.erasure import erase
from orchestration.pipeline.versions import versions
from orchestration.progress import Silent
from orchestration.settings.build_settings import read_settings
from orchestration.settings.paths import StateDir
from orchestration.settings.request import BuildRequest
from tests.conftest import Lifecycle
from tests.pipeline.models_kit import CompiledModels
from tests.pipeline.small_shop import copy_of_shop, land

pytestmark = pytest.mark.slow

LATE_ORDER = """order_id,customer_id,created_at,status,currency,total_price
o9,c2,2026-01-05T11:00:00Z,paid,EUR,10.00
"""
# What arrives after the second build, each alone, and what it is told as.
ARRIVALS: Mapping[Cause, tuple[str, str]] = {
    Cause.MERGE_OR_LINK: (
        "customer_merges.csv",
        "from_customer_id,into_customer_id,merged_at\nc2,c1,2026-02-09T10:00:00Z\n",
    ),
    Cause.REFUND_OR_CANCELLATION: (
        "orders/cancelled.csv",
        "order_id,customer_id,created_at,updated_at,cancelled_at,status,currency,total_price\n"
        "o3,c2,2026-01-21T11:00:00Z,2026-02-09T10:00:00Z,2026-02-09T10:00:00Z,cancelled,EUR,70.00\n",
    ),
    Cause.LATE_FACT: (
        "events/late.csv",
        "event_id,event_name,occurred_at,anonymous_id\ne9,Product Viewed,2026-01-10T10:00:00Z,a9\n",
    ),
    Cause.RATE: ("exchange_rates/late.csv", "date,currency,rate\n2026-01-10,USD,0.6\n"),
}
LEDGER = (
    "select subjects, subjects_moved, subjects_unclear from marts.rule_changes "
    "order by subjects nulls first"
)
COMPARED = ("lifecycle_history", "kpi_values", "kpi_catalog", "play_entries", "play_catalog")


@pytest.fixture(scope="module")
def state(
    tmp_path_factory: pytest.TempPathFactory, small_state: StateDir, lifecycle: Lifecycle
) -> StateDir:
    """The small shop, published once, and once more with an order that came late."""
    state = copy_of_shop(small_state.root.parent, tmp_path_factory.mktemp("changes"))
    raw_dir = state.root.parent / "landing"
    land(raw_dir, {"orders/late.csv": LATE_ORDER})
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
        ("net_revenue", 240, 250, "late_fact"),
        ("orders", 4, 5, "late_fact"),
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


@pytest.fixture
def copied(state: StateDir, tmp_path: Path) -> BuildRequest:
    """A copy of the landing directory and of what was published, to change as one likes."""
    shutil.copytree(state.root.parent / "landing", tmp_path / "landing")
    other = StateDir.at(tmp_path / "state")
    shutil.copytree(state.published, other.published, symlinks=True)
    shutil.rmtree(other.versions / versions(other)[0])
    shutil.copy(state.raw_database, other.root)
    shutil.copy(state.raw_ledger, other.root)
    with duckdb.connect(str(other.raw_database)) as raw:
        raw.execute("update raw.raw.ingest_origin set raw_dir = ?", [str(tmp_path / "landing")])
    return BuildRequest(
        read_settings({}), tmp_path / "landing", other, erasure_key_file=tmp_path / "key"
    )


def told_causes(models: CompiledModels, request: BuildRequest) -> tuple[set[str], set[str]]:
    """What a build would say now: the causes in `restatements`, and those in `lifecycle diff`."""
    state = request.state
    before = read_version(state.current.resolve())
    folder = request.raw_dir.parent / "20990101T000000000000Z-now"
    folder.mkdir()
    same = Maker(before.rules_hash, before.settings_hash)
    made = folder / "lifecycle.duckdb"
    assert place_previous(made, state.raw_database, before.path, same, None) is None
    models.make(state.raw_database, (*COMPARED, "restatements"), made)
    ((as_of,),) = rows(made, "select as_of_date from intermediate.int_settings")
    after = replace(before, name=folder.name, path=folder, as_of=as_of)
    with compared(before, after, state.raw_database) as diff:
        found = {count.cause for count in diff.counts()}
    return {cause for (cause,) in rows(made, "select cause from marts.restatements")}, found


@pytest.fixture(scope="module")
def models(state: StateDir) -> CompiledModels:
    return CompiledModels(state)


@pytest.mark.parametrize("cause", ARRIVALS)
def test_what_arrives_is_told_as_what_it_is_and_as_nothing_else(
    models: CompiledModels, copied: BuildRequest, cause: Cause
) -> None:
    land(copied.raw_dir, dict([ARRIVALS[cause]]))
    assert ingest_only(copied, Silent()).rows_loaded == 1
    assert told_causes(models, copied) == ({cause}, {cause})


def test_an_erasure_is_told_as_one_and_as_nothing_else(
    models: CompiledModels, copied: BuildRequest
) -> None:
    receipt = erase(copied, ["c1"], (), lambda _: None)
    assert receipt is not None
    assert receipt.orders_kept == 2
    ingest_only(copied, Silent())
    assert told_causes(models, copied) == ({Cause.ERASURE}, {Cause.ERASURE})


def test_the_same_rules_and_rows_are_told_to_change_nothing(
    models: CompiledModels, copied: BuildRequest
) -> None:
    assert ingest_only(copied, Silent()).rows_loaded == 0
    assert told_causes(models, copied) == (set(), set())


def test_rules_are_entered_once_and_the_same_ones_not_again(state: StateDir) -> None:
    first = of_version(state, 0, "from marts.rule_changes")
    assert len(first) == 1
    assert of_version(state, 1, "from marts.rule_changes") == first


def test_what_if_tells_who_would_stand_elsewhere_and_leaves_nothing_behind(
    state: StateDir, lifecycle: Lifecycle, tmp_path: Path
) -> None:
    """Customers are lapsed after two days, and there is a framework that was not there."""
    patches = {
        "health_policy": "key,at_risk_after_days,lapsed_after_days\ndefault,1,2\n",
        "frameworks": "framework\nhabit\n",
        "framework_stages": "framework,stage,ordinal\nhabit,newcomer,1\nhabit,buyer,2\n",
        "stage_rules": "framework,stage,rule\nhabit,newcomer,seen\nhabit,buyer,has_purchased\n",
    }
    for name, text in patches.items():
        (tmp_path / f"{name}.patch.csv").write_text(text, encoding="utf-8")
    before = sorted(path for path in state.root.rglob("*") if "dbt" not in path.parts)
    told = lifecycle(
        *("whatif", "--rules-dir", tmp_path, "--state-dir", state.root, "--format", "json")
    )
    assert told.returncode == 0, told.stderr
    found = json.loads(told.stdout)
    moves = {
        (row["item"], row["before"], row["after"]): row["subjects"]
        for row in found
        if row["kind"] == "move"
    }
    assert moves == {
        ("discovery_to_advocacy", "advocacy / active", "advocacy / lapsed"): 1,
        ("discovery_to_advocacy", "conversion / active", "conversion / lapsed"): 1,
        ("habit", "(none)", "buyer / active"): 1,
        ("habit", "(none)", "buyer / lapsed"): 2,
        ("habit", "(none)", "newcomer / prospect"): 1,
    }
    examples = {row["subject_id"]: row for row in found if row["kind"] == "example"}
    assert examples.keys() == {"customer:c1", "customer:c4"}
    assert "Advocacy since" in examples["customer:c1"]["reason_before"]
    assert sorted(path for path in state.root.rglob("*") if "dbt" not in path.parts) == before


def test_rules_that_move_too_many_are_published_when_asked_and_not_before(
    state: StateDir, tmp_path: Path
) -> None:
    """All customers lapse, and of one a row arrives as well. One run of dbt is judged twice."""
    (tmp_path / "health_policy.patch.csv").write_text(
        "key,at_risk_after_days,lapsed_after_days\ndefault,1,2\n", encoding="utf-8"
    )
    published, raw_dir = versions(state), state.root.parent / "landing"
    land(raw_dir, {"orders/later.csv": LATE_ORDER.replace("o9,c2", "o11,c1")})
    request = BuildRequest(read_settings({}), raw_dir, state, rules_dir=tmp_path)
    with open_build(request, Silent()) as opened:
        rules = rules_phase(request, Silent())
        ingest_phase(request, rules, opened.build_id, Silent())
        identity = build_identity(request, opened.build_id, rules)
        run = dbt_phase(request, identity, Silent())
        with pytest.raises(GateClosedError, match="--accept-rule-change publishes it") as refused:
            gate_phase(request, run, identity, Silent())
        assert len(refused.value.reasons) == 1
        assert versions(state) == published
        asked = replace(request, accept_rule_change=True)
        publish_phase(asked, gate_phase(asked, run, identity, Silent()), Silent())
    assert versions(state)[:-1] == published
    assert of_version(state, -1, "select distinct cause from marts.restatements") == [("rules",)]
    # Of c1 an order arrived; c4 was moved by the rules alone; c2 had ordered on the last day.
    assert of_version(state, -1, LEDGER) == [(None, None, None), (4, 1, 1)]
    before, after = (read_version(state.versions / name) for name in versions(state)[-2:])
    with compared(before, after, state.raw_database) as diff:
        assert {count.cause for count in diff.counts()} == {"rules"}


def test_without_a_framework_in_common_everybody_has_moved(state: StateDir, tmp_path: Path) -> None:
    before = state.versions / versions(state)[1]
    made = tmp_path / "working.duckdb"
    place_previous(made, state.raw_database, before, Maker("new rules", ""), None)
    with duckdb.connect(str(made)) as working:
        working.execute(
            "create table previous.gone as "
            "select * replace ('gone' as framework) from previous.lifecycle_history;"
            "drop view previous.lifecycle_history;"
            "alter table previous.gone rename to lifecycle_history"
        )
    CompiledModels(state).make(state.raw_database, ["rule_changes"], made)
    assert rows(made, LEDGER)[-1] == (4, 3, 1)
