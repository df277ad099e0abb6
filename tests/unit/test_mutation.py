"""The mutation of KPIs: which mutants there are, that they are wrong, and that a no-op survives."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

from orchestration.settings.paths import RULES_DIR, StateDir
from tests.mutation.engine import PAGE as ENGINE_PAGE
from tests.mutation.models import recorded
from tests.mutation.mutants import CONTROL, KINDS, MODEL, Mutant, mutants, mutated
from tests.mutation.report import (
    RESULTS,
    Outcome,
    read_outcomes,
    refuse_noise,
    render,
    renewed,
    unexplained,
)
from tests.mutation.slips import CONTROL as CONTROL_SLIP
from tests.mutation.slips import SLIPS, slipped
from tests.mutation.warehouse import Manifest, Warehouse

ROWS = """
select kpi, 'month' as period_grain, date '2026-01-01' as period_start, dimension,
    dimension as dimension_value, cast(n as decimal(38, 4)) as numerator,
    cast(d as decimal(38, 4)) as denominator, 1 as sample_size
from (values
    ('orders', 'all', 5, null), ('orders', 'country', 7, null), ('orders', 'all', 3, null),
    ('bounce_rate', 'all', 1, 2), ('stage_entries', 'all', 9, null),
    ('stage_entries', 'stage:b2c', 4, null)
) as written (kpi, dimension, n, d)
"""
ORDERS = Mutant("orders", "int_kpi_topic", "numerator", "doubled")
LAW = "select * from working.marts.kpi_values where kpi = 'orders' and numerator > 7"


def catalogue() -> list[dict[str, str]]:
    with (RULES_DIR / "kpis.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def node(name: str, kind: str, sql: str, relation: str = "") -> dict[str, object]:
    return {
        "name": name,
        "resource_type": kind,
        "relation_name": relation or None,
        "compiled_code": sql,
        "config": {"materialized": "view" if name == "int_kpi_rows" else "table"}
        | ({"severity": "ERROR"} if kind == "test" else {}),
    }


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[Warehouse]:
    """One topic, a view over it, `kpi_values` over that, and one law: no more than 7 orders."""
    state = StateDir.at(tmp_path)
    nodes = {
        "m.topic": node("int_kpi_topic", "model", ROWS, "working.marts.int_kpi_topic"),
        "m.rows": node("int_kpi_rows", "model", "", "working.marts.int_kpi_rows"),
        "m.values": node(
            "kpi_values", "model", "from working.marts.int_kpi_rows", "working.marts.kpi_values"
        ),
        "t.law": node("no_more_than_7_orders", "test", LAW),
    }
    with duckdb.connect(str(state.working_database)) as made:
        made.execute("create schema marts")
        made.execute(f"create table marts.int_kpi_topic as {ROWS}")
        made.execute("create view marts.int_kpi_rows as from marts.int_kpi_topic")
        made.execute("create table marts.kpi_values as from marts.int_kpi_rows")
    duckdb.connect(str(state.raw_database)).close()
    chain = ["m.topic", "m.rows", "m.values", "t.law"]
    parents = {key: [before] for before, key in pairwise(chain)}
    manifest = {
        "nodes": nodes,
        "parent_map": {"m.topic": [], **parents},
        "child_map": {before: [key] for before, key in pairwise(chain)},
    }
    state.dbt_target.mkdir(parents=True)
    (state.dbt_target / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with closing(Warehouse(state, tmp_path / "copy.duckdb")) as opened:
        yield opened


def outcome(warehouse: Warehouse, mutant: Mutant) -> Outcome:
    model = warehouse.manifest.model(mutant.model)
    warehouse.make(model, mutated(model.sql, mutant))
    changed = warehouse.changed_rows(mutant.kpi)
    return Outcome(mutant, (changed, 0), tuple(warehouse.red_laws(model)), differences=False)


def test_every_kpi_has_mutants_of_its_numerator_and_of_its_denominator_if_it_has_one() -> None:
    rows = catalogue()
    made = mutants(rows)
    assert {mutant.kpi for mutant in made if mutant.part == "numerator"} == {
        row["kpi"] for row in rows
    }
    assert {mutant.kpi for mutant in made if mutant.part == "denominator"} == {
        row["kpi"] for row in rows if row["denominator"]
    }
    assert len(made) == len(set(made)) == len(KINDS) * (114 + 69)


@pytest.mark.parametrize(
    ("kpi", "part", "kind", "has_all", "expected"),
    [
        (
            "orders",
            "numerator",
            "doubled",
            True,
            {("orders", "all"): 16, ("orders", "country"): 14},
        ),
        ("orders", "numerator", "one row", True, {("orders", "all"): 9, ("orders", "country"): 7}),
        ("bounce_rate", "denominator", "doubled", True, {("bounce_rate", "all"): 4}),
        (
            *("stage_entries", "numerator", "one row", False),
            {("stage_entries", "all"): 9, ("stage_entries", "stage:b2c"): 5},
        ),
    ],
)
def test_a_mutant_is_wrong_where_it_says_and_nowhere_else(
    kpi: str, part: str, kind: str, has_all: bool, expected: dict[tuple[str, str], int]
) -> None:
    mutant = Mutant(kpi, "int_kpi_topic", part, kind, has_all)
    others = f"kpi <> '{kpi}'"
    sql = mutated(ROWS, mutant)
    mine = duckdb.sql(
        f"select kpi, dimension, sum({part}) from ({sql}) where not {others} group by all "
        f"having count({part}) > 0"
    ).fetchall()
    assert {(row[0], row[1]): row[2] for row in mine} == expected
    theirs = [
        duckdb.sql(f"from ({text}) where {others} order by all").fetchall() for text in (sql, ROWS)
    ]
    assert theirs[0] == theirs[1]
    assert len(theirs[0]) > 2


def test_the_row_that_is_wrong_counts_something_for_of_nothing_no_number_may_be_published() -> None:
    months = "values (date '2026-01-01', 5, 2), (date '2026-02-01', 0, 0)"
    sql = mutated(
        "select 'orders' as kpi, 'month' as period_grain, month as period_start, "
        "'all' as dimension, 'all' as dimension_value, n as numerator, sample_size "
        f"from ({months}) as written (month, n, sample_size)",
        replace(ORDERS, kind="one row"),
    )
    assert duckdb.sql(f"select numerator from ({sql}) order by period_start").fetchall() == [
        (6,),
        (0,),
    ]


def test_a_broken_law_is_red_and_a_mutant_that_changes_nothing_survives(
    warehouse: Warehouse,
) -> None:
    control = outcome(warehouse, replace(ORDERS, kind=CONTROL))
    assert (control.changed, control.laws, control.survives) == ((0, 0), (), True)
    refuse_noise(control)
    doubled = outcome(warehouse, ORDERS)
    assert (doubled.changed, doubled.laws) == ((3, 0), ("no_more_than_7_orders",))
    again = outcome(warehouse, replace(ORDERS, kind=CONTROL))
    assert again.survives
    unseen = outcome(warehouse, replace(ORDERS, kind="one row"))
    assert (unseen.changed, unseen.survives) == ((1, 0), True)
    assert unexplained([control, doubled, unseen]) == [control, unseen]


def test_a_law_that_cannot_run_is_red(warehouse: Warehouse) -> None:
    warehouse.make(warehouse.manifest.model("kpi_values"), "select 'orders' as kpi")
    assert warehouse.red_laws(warehouse.manifest.model("int_kpi_topic")) == [
        "no_more_than_7_orders"
    ]


def test_red_before_anything_is_mutated_stops_the_run() -> None:
    with pytest.raises(RuntimeError, match="before anything was mutated"):
        refuse_noise(Outcome(replace(ORDERS, kind=CONTROL), (0, 0), ("a_law",), differences=False))


def test_a_survivor_is_explained_only_while_it_changes_nothing() -> None:
    clv = Mutant("predicted_clv", "int_kpi_predictions", "numerator", "doubled")
    assert unexplained([Outcome(clv, (0, 0), (), differences=False)]) == []
    told = Outcome(clv, (1, 0), (), differences=False)
    assert unexplained([told]) == [told]
    page = render([told, Outcome(ORDERS, (1, 1), ("a_law",), differences=True)], "shop")
    assert "| `orders` | numerator | L1 R |" in page
    assert "- `predicted_clv`, numerator, doubled: not explained" in page


def test_a_page_is_read_as_it_was_written_and_renewed_kpi_by_kpi() -> None:
    orders = [replace(ORDERS, model=MODEL, kind=kind) for kind in KINDS]
    visits = [replace(mutant, kpi="visits") for mutant in orders]
    told = [
        Outcome(orders[0], (0, 0), ("a_law", "b_law"), differences=True),
        Outcome(orders[1], (2, 3), (), differences=False),
        Outcome(visits[0], (0, 0), ("b_law",), differences=False),
        Outcome(visits[1], (0, 0), (), differences=True),
    ]
    page = render(told, "shop")
    assert read_outcomes(page) == told
    again = [replace(outcome, laws=("c_law",), changed=(0, 0)) for outcome in told[:2]]
    assert renewed(page, again, {"orders", "visits"}) == [*again, *told[2:]]
    assert renewed(page, again, {"orders"}) == again


def test_the_committed_page_has_a_line_for_each_mutant_or_says_that_it_was_not_run() -> None:
    page = RESULTS.read_text(encoding="utf-8")
    later = set(re.findall(r"`(\w+)`", page.partition("## Not run yet")[2].partition("##")[0]))
    told = read_outcomes(page)
    assert [(one.mutant.kpi, one.mutant.part, one.mutant.kind) for one in told] == sorted(
        (one.kpi, one.part, one.kind) for one in mutants(catalogue()) if one.kpi not in later
    )
    assert unexplained(told) == []


def test_a_page_names_the_kpis_that_no_mutant_was_made_of() -> None:
    told = [Outcome(ORDERS, (1, 1), ("a_law",), differences=True)]
    assert "## Not run yet\n\n- `visits`\n" in render(told, "shop", ("orders", "visits"))
    assert "Not run yet" not in render(told, "shop", ("orders",))


@pytest.mark.slow
def test_every_slip_stands_once_in_the_sql_that_it_spoils(sample_state: StateDir) -> None:
    text = (sample_state.dbt_target / "manifest.json").read_text(encoding="utf-8")
    manifest = Manifest(json.loads(text))
    for slip in SLIPS:
        sql = manifest.model(slip.model).sql
        assert slipped(sql, slip) != sql
        with pytest.raises(ValueError, match="not once"):
            slipped(sql, replace(slip, right="this stands nowhere"))
    sql = manifest.model(CONTROL_SLIP.model).sql
    assert slipped(sql, CONTROL_SLIP) == sql


def test_every_slip_of_the_record_of_models_is_one_of_their_lines(sample_state: StateDir) -> None:
    """Whoever changed such a line asks again: python -m tests.mutation.models --only MODEL."""
    text = (sample_state.dbt_target / "manifest.json").read_text(encoding="utf-8")
    manifest = Manifest(json.loads(text))
    gone = [one for one in recorded() if manifest.model(one.model).sql.count(one.right) != 1]
    assert not {one.model for one in gone}


def test_only_what_lies_on_the_way_is_made_anew(warehouse: Warehouse) -> None:
    topic = warehouse.manifest.model("int_kpi_topic")
    below = [node.name for node in warehouse.manifest.tables_below(topic, ["kpi_values"])]
    assert below == ["kpi_values"]
    assert warehouse.manifest.tables_below(topic, ["int_kpi_topic"]) == []


def test_the_committed_page_tells_of_every_slip_and_none_that_was_tried_goes_unseen() -> None:
    tried, _, later = ENGINE_PAGE.read_text(encoding="utf-8").partition("## Not tried yet")
    assert "**nothing**" not in tried
    assert tried.count("\n| `int_") + later.count("\n- `int_") == len(SLIPS)
