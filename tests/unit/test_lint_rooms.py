"""An arrow between rooms that runs back is refused, and the way out is named."""

from __future__ import annotations

import pytest

from tests.lint.rooms import Model, drawing, findings


def models(**paths_and_reads: tuple[str, list[str]]) -> dict[str, Model]:
    """Return models from `name=(folder, what it reads)`; a bare name is a model."""
    return {
        f"model.p.{name}": Model(
            name,
            f"models/{folder}/{name}.sql",
            [read if "." in read else f"model.p.{read}" for read in reads],
        )
        for name, (folder, reads) in paths_and_reads.items()
    }


def test_rooms_that_go_one_way_pass() -> None:
    house = models(
        stg_orders=("staging", ["source.p.raw.orders", "filtered_orders"]),
        filtered_orders=("staging/filtered", ["source.p.raw.orders", "seed.p.excluded_ids"]),
        int_rules=("intermediate/rules", ["seed.p.rules"]),
        int_orders=("intermediate/facts", ["stg_orders", "int_rules", "int_rules"]),
        orders=("marts/journey", ["int_orders", "subjects"]),
        subjects=("marts/lifecycle", ["int_orders"]),
    )
    assert findings(house) == []
    assert drawing(house) == [
        "  staging            2 models  → sources 2, seeds 1",
        "  rules              1 models  → seeds 1",
        "  facts              1 models  → staging 1, rules 2",
        "  marts/journey      1 models  → facts 1, marts/lifecycle 1",
        "  marts/lifecycle    1 models  → facts 1",
    ]


@pytest.mark.parametrize(
    ("reader", "read"),
    [
        ("staging", "intermediate/base"),
        ("staging/filtered", "intermediate/rules"),
        ("intermediate/health", "intermediate/signals"),
        ("intermediate/kpis", "marts/kpis"),
    ],
)
def test_an_arrow_that_runs_back_is_refused(reader: str, read: str) -> None:
    [finding] = findings(models(early=(reader, ["late"]), late=(read, [])))
    assert f"dbt_project/models/{reader}/early.sql: `early`" in finding
    assert "reads `late`" in finding
    assert "a later room. Move one of the two" in finding


def test_a_room_reads_the_one_just_before_it() -> None:
    pair = models(late=("intermediate/signals", ["early"]), early=("intermediate/health", []))
    assert findings(pair) == []


def test_rules_read_seeds_alone() -> None:
    [finding] = findings(models(int_rules=("intermediate/rules", ["stg_a"]), stg_a=("staging", [])))
    assert "rules read seeds alone" in finding


@pytest.mark.parametrize(
    "folder",
    ["intermediate", "intermediate/engine", "intermediate/kpis/carts", "marts", "elsewhere"],
)
def test_a_folder_that_is_no_room_is_refused(folder: str) -> None:
    [finding] = findings(models(int_lost=(folder, [])))
    assert f"models/{folder}/int_lost.sql: no room has this folder" in finding


def test_a_manifest_without_models_does_not_pass() -> None:
    assert findings({}) == ["The manifest holds no model: nothing was judged."]


def test_marts_read_each_other_but_not_in_a_circle() -> None:
    circle = models(
        a=("marts/a", ["b"]),
        b=("marts/b", ["c"]),
        c=("marts/c", ["other_a"]),
        other_a=("marts/a", []),
    )
    found = findings(circle)
    assert len(found) == 3
    assert "and marts/b reads marts/a" in found[0]
    assert findings(circle | models(c=("marts/c", []))) == []
