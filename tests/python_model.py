"""A Python model of dbt as a module, read from its file as dbt-duckdb reads it.

Belongs here: the reading. Does not belong here: what the model is held against.
"""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType

import duckdb

from orchestration.settings.paths import DBT_PROJECT_DIR


def python_model(path: str) -> ModuleType:
    """Return the module of a model, by its path from dbt_project/models/."""
    file = DBT_PROJECT_DIR / "models" / path
    spec = spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def value_models() -> ModuleType:
    """Return the fits and scores of what customers are worth."""
    return python_model("intermediate/value/int_value_models.py")


def run_compiled(connection: duckdb.DuckDBPyConnection, relation: str, code: str) -> None:
    """Make the table of a Python model from what dbt compiled, as dbt-duckdb makes it.

    Args:
        connection: where the tables stand that the model reads.
        relation: the quoted name of the table.
        code: the compiled code.
    """
    module = ModuleType("compiled_python_model")
    exec(code, module.__dict__)  # noqa: S102 - our own model, compiled by dbt
    made = module.model(
        module.dbtObj(lambda table: connection.query(f"select * from {table}")), connection
    )
    connection.register("made_by_python", made)
    connection.execute(f"create or replace table {relation} as select * from made_by_python")
    connection.unregister("made_by_python")
