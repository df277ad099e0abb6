"""The recipes of the page for BI, run as they stand there, from within a state directory.

Belongs here: code between fences that is not SQL. Does not belong here: queries
(`test_written_queries.py`), Superset (`test_superset.py`), or what is told by text alone.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from orchestration.settings.paths import StateDir
from tests.docs_kit import Block, blocks

PYTHON = blocks("python")
COMMANDS = [block for block in blocks("bash") if block.page.endswith("/bi.md")]


def lacking(block: Block) -> list[str]:
    """Return the modules that a block imports and that are not installed."""
    modules = re.findall(r"^(?:import|from) (\w+)", block.text, re.MULTILINE)
    if "duckdb:///" in block.text:
        modules.append("duckdb_engine")
    return [name for name in modules if importlib.util.find_spec(name) is None]


def output(folder: Path, *arguments: str) -> str:
    """Run a recipe in a process of its own: an engine left open holds the file by its settings."""
    done = subprocess.run(
        arguments, cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("recipe", PYTHON, ids=[block.heading for block in PYTHON])
def test_a_recipe_in_python_prints_what_it_found(recipe: Block, sample_state: StateDir) -> None:
    if missing := lacking(recipe):
        pytest.skip(f"{', '.join(missing)} not installed; the extra dev has it")
    assert len(output(sample_state.root, sys.executable, "-c", recipe.text)) > 20


@pytest.mark.parametrize("recipe", COMMANDS, ids=[block.heading for block in COMMANDS])
def test_a_recipe_of_the_command_line_prints_a_table(recipe: Block, sample_state: StateDir) -> None:
    beside = Path(sys.executable).parent
    if shutil.which("duckdb") is None and not (beside / "duckdb").exists():
        pytest.skip("no command duckdb; the extra dev has it, as `duckdb-cli`")
    script = f'PATH="$PATH:{beside}"; {recipe.text}'
    assert "at_risk" in output(sample_state.root, "/bin/bash", "-c", script)


def test_every_tool_that_the_page_says_is_run_has_a_recipe() -> None:
    told = {block.heading for block in (*PYTHON, *COMMANDS)}
    assert told == {
        "Arrow, from Parquet",
        "DuckDB command line",
        "Python",
        "SQLAlchemy",
        "pandas",
        "polars",
    }


def test_pandas_gets_floats_and_the_file_keeps_decimals(sample_state: StateDir) -> None:
    query = "select gross_revenue from marts.orders where is_booked order by order_id limit 5"
    with duckdb.connect(str(sample_state.published_database), read_only=True) as marts:
        assert marts.sql(query).df().dtypes["gross_revenue"] == "float64"
        assert all(isinstance(value, Decimal) for (value,) in marts.sql(query).fetchall())
