"""The project as a package of somebody else's: `dbt deps` from a local path, then `dbt build`."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from jinja2 import Environment

from orchestration.settings.paths import DBT_PROJECT_DIR, RULES_DIR
from tests.conftest import Lifecycle
from tests.pipeline.small_shop import write_small_shop

SHIPPED_LABEL = "discovery_to_advocacy,advocacy,6,false,Advocacy,"
OWN_LABEL = "discovery_to_advocacy,advocacy,6,false,Our fans,"
# Somebody else's project: a name for orders of its own, a mart of ours that it reads on.
FILES = {
    "dbt_project.yml": """
name: shop
version: "1.0"
profile: shop
vars: {customer_lifecycle: {as_of_date: "2026-02-20"}}
""",
    "packages.yml": f"packages:\n  - local: {DBT_PROJECT_DIR}\n",
    "profiles.yml": """
shop:
  target: dev
  outputs:
    dev:
      type: duckdb
      path: shop.duckdb
      attach: [{path: var/raw.duckdb, alias: raw_db, read_only: true}]
""",
    "models/sources.yml": """
version: 2
sources:
  - name: raw
    database: raw_db
    tables: [{name: orders}]
""",
    "models/orders_landed.sql": """
{{ config(materialized='table') }}
select count(*) as orders from {{ source('raw', 'orders') }}
""",
    "models/stages_today.sql": """
select stage, count(*) as subjects from {{ ref('lifecycle_current') }} group by stage
""",
}


def dbt(project: Path, *arguments: str, **environment: str) -> str:
    """Run dbt in a project as its owner would and return what it said; it must end well."""
    done = subprocess.run(
        [sys.executable, "-m", "dbt.cli.main", "--no-use-colors", *arguments],
        cwd=project,
        env=os.environ
        | environment
        | {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DBT_LOG_LEVEL_FILE": "none"},
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr
    return done.stdout


@pytest.fixture
def shop(tmp_path: Path, lifecycle: Lifecycle) -> Path:
    """Somebody else's project beside what `lifecycle ingest` loaded, with a rule of their own."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    stages = (RULES_DIR / "framework_stages.csv").read_text(encoding="utf-8")
    assert SHIPPED_LABEL in stages
    rules = tmp_path / "own" / "framework_stages.csv"
    rules.parent.mkdir()
    rules.write_text(stages.replace(SHIPPED_LABEL, OWN_LABEL), encoding="utf-8")
    landing = write_small_shop(tmp_path / "landing")
    directories = ("--raw-dir", landing, "--rules-dir", rules.parent, "--state-dir")
    ingested = lifecycle("ingest", *directories, tmp_path / "var")
    assert ingested.returncode == 0, ingested.stdout + ingested.stderr
    return tmp_path


@pytest.mark.slow
def test_a_project_that_installs_this_one_builds_it_and_reads_its_marts(shop: Path) -> None:
    merged = shop / "var" / "rules"
    seeds = {path.name: path.read_bytes() for path in merged.iterdir()}
    dbt(shop, "deps")
    unit_tests_and_pages = ("--exclude-resource-type", "unit_test", "exposure")
    said = dbt(shop, "build", *unit_tests_and_pages, LIFECYCLE_SEEDS_DIR=str(merged))
    assert "ERROR=0" in said
    with closing(duckdb.connect(str(shop / "shop.duckdb"), read_only=True)) as built:
        told = {
            name: built.execute(query).fetchall()
            for name, query in {
                "read on": "select * from main.stages_today order by stage",
                "ours": "select stage, count(*) from main_marts.lifecycle_current group by stage "
                "order by stage",
                "landed": "select orders from main.orders_landed",
                "as of": "select as_of_date::varchar from main_marts.build_info",
                "label": "select label from main_marts.stages "
                "where framework = 'discovery_to_advocacy' and stage = 'advocacy'",
            }.items()
        }
    assert told["read on"] == told["ours"]
    assert len(told["ours"]) > 1
    assert told["landed"] == [(4,)]
    assert told["as of"] == [("2026-02-20",)]
    assert told["label"] == [("Our fans",)]
    # dbt would write over seeds at an absolute path.
    assert {path.name: path.read_bytes() for path in merged.iterdir()} == seeds


def schema_name(project_name: str, **context: Any) -> str:
    """Return how a mart's schema is called in a project, whose macros are given by package."""
    macros = (DBT_PROJECT_DIR / "macros" / "generate_schema_name.sql").read_text(encoding="utf-8")
    in_dbt = {
        "project_name": project_name,
        "context": context,
        "target": SimpleNamespace(schema="dev"),
        "dbt": SimpleNamespace(generate_schema_name=lambda custom, _: f"dev_{custom}"),
    }
    template: Any = Environment().from_string(macros, globals=in_dbt)  # noqa: S701  # no HTML
    return str(template.module.generate_schema_name("marts", None)).strip()


def test_whoever_installs_the_project_names_its_schemas() -> None:
    assert schema_name("customer_lifecycle") == "marts"
    assert schema_name("shop", shop={}) == "dev_marts"
    named = {"generate_schema_name": lambda custom, _: f"shop_{custom}"}
    assert schema_name("shop", shop=named) == "shop_marts"
