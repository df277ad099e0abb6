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

from orchestration.settings.paths import DBT_PROJECT_DIR
from tests.conftest import Lifecycle
from tests.pipeline.small_shop import write_small_shop

# Somebody else's project: a name for orders of its own, a mart of ours that it reads on.
FILES = {
    "dbt_project.yml": "name: shop\nversion: '1.0'\nprofile: shop\n",
    "packages.yml": f"packages:\n  - local: {DBT_PROJECT_DIR}\n",
    "profiles.yml": """
shop:
  target: dev
  outputs:
    dev:
      type: duckdb
      path: shop.duckdb
      settings: {TimeZone: UTC}
      attach: [{path: raw.duckdb, alias: raw_db, read_only: true}]
""",
    "models/sources.yml": """
version: 2
sources:
  - name: raw
    database: raw_db
    tables: [{name: orders}]
""",
    "models/orders_landed.sql": "select count(*) as orders from {{ source('raw', 'orders') }}\n",
    "models/stages_today.sql": """
select stage, count(*) as subjects from {{ ref('lifecycle_current') }} group by stage
""",
}


def dbt(project: Path, *arguments: str) -> str:
    """Run dbt in a project as its owner would and return what it said; it must end well."""
    done = subprocess.run(
        [sys.executable, "-m", "dbt.cli.main", "--no-use-colors", *arguments],
        cwd=project,
        env=os.environ | {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false"},
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr
    return done.stdout


@pytest.mark.slow
def test_a_project_that_installs_this_one_builds_it_and_reads_its_marts(
    tmp_path: Path, lifecycle: Lifecycle
) -> None:
    landing, project = write_small_shop(tmp_path / "landing"), tmp_path / "shop"
    for name, text in FILES.items():
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    ingested = lifecycle("ingest", "--raw-dir", landing, "--state-dir", tmp_path / "state")
    assert ingested.returncode == 0, ingested.stderr
    (tmp_path / "state" / "raw.duckdb").rename(project / "raw.duckdb")

    dbt(project, "deps")
    said = dbt(project, "build", "--exclude-resource-type", "unit_test")
    assert "ERROR=0" in said
    with closing(duckdb.connect(str(project / "shop.duckdb"), read_only=True)) as built:
        read_on = built.execute("select * from main.stages_today order by stage").fetchall()
        ours = built.execute(
            "select stage, count(*) from main_marts.lifecycle_current group by stage order by stage"
        ).fetchall()
        (landed,) = built.execute("select orders from main.orders_landed").fetchall()
    assert read_on == ours
    assert len(ours) > 1
    assert landed == (4,)


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
