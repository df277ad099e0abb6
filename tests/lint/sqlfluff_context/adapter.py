"""What sqlfluff's jinja templater needs of dbt's `adapter` to render the project's macros.

`adapter.dispatch('x')` resolves to the macro `duckdb__x` or `default__x`, as dbt does on DuckDB.
The file's name is the name by which templates see it.
"""

from __future__ import annotations

from jinja2 import pass_context
from jinja2.runtime import Context, Macro


@pass_context
def dispatch(context: Context, name: str) -> Macro:
    """Return the macro that dbt would choose on DuckDB."""
    for prefix in ("duckdb__", "default__"):
        macro = context.resolve_or_missing(prefix + name)
        if isinstance(macro, Macro):
            return macro
    raise LookupError(f"there is no macro default__{name}")
