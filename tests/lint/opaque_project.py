"""A copy of the dbt project in which every dispatched macro writes a mark instead of its SQL.

What dbt compiles from it is the SQL that all engines share.

    python -m tests.lint.opaque_project FOLDER
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.lint.verdict import ROOT, files

OPEN, NEXT, CLOSE = "⟦", "¦", "⟧"
_DISPATCHED = re.compile(r"\{%-?\s*macro default__(\w+)\((.*?)\)\s*-?%\}", re.DOTALL)
# Asked while compiling, and the lint opens no database.
_RELATIONS = (
    "{% macro load_relation(relation) %}{{ return(relation) }}{% endmacro %}\n"
    "{% macro is_incremental() %}{{ return(false) }}{% endmacro %}\n"
)


def opaque_macro(name: str, signature: str) -> str:
    """Return the macro that dbt on DuckDB prefers to `default__<name>`.

    It writes ⟦name¦argument¦…⟧. While dbt parses it calls the real macro as well: what that refers
    to is a dependency of the model.
    """
    arguments = [part.split("=")[0].strip() for part in signature.split(",") if part.strip()]
    written = "".join(
        f"{NEXT}{{{{ {argument} if {argument} is string or {argument} is not iterable"
        f" else {argument} | join('{NEXT}') }}}}"
        for argument in arguments
    )
    return (
        f"{{% macro duckdb__{name}({signature}) -%}}\n"
        f"{{%- if not execute -%}}"
        f"{{%- do default__{name}({', '.join(arguments)}) -%}}{{%- endif -%}}\n"
        f"{OPEN}{name}{written}{CLOSE}\n"
        f"{{%- endmacro %}}\n"
    )


def opaque_macros(macros: Mapping[str, str]) -> str:
    """Return the macros that hide those which the texts of a project dispatch to."""
    dispatched = [found for text in macros.values() for found in _DISPATCHED.findall(text)]
    return _RELATIONS + "".join(opaque_macro(*found) for found in dispatched)


def make(folder: Path) -> None:
    """Copy the dbt project into `folder` and hide its dispatched macros there."""
    project = folder / "dbt_project"
    shutil.copytree(ROOT / "dbt_project", project, ignore=shutil.ignore_patterns("target", "logs"))
    macros = files(ROOT / "dbt_project" / "macros")
    (project / "macros" / "opaque.sql").write_text(opaque_macros(macros), encoding="utf-8")


def main(arguments: Sequence[str]) -> int:
    """Make the copy."""
    make(Path(arguments[0]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
