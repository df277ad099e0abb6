"""Macros read their arguments and nothing of their caller.

Belongs here: finding `alias.column` in a macro whose alias is neither written there nor an
argument. An unqualified column cannot be told from one of the macro's own tables without running
the SQL, and is left to the reader.

    python -m tests.lint.macro_names
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

from dbt_common.clients.jinja import get_environment
from jinja2 import nodes

from tests.lint.verdict import MACROS, conclude, files

# Stands for what an argument or a called macro writes.
_HOLE = "\N{REPLACEMENT CHARACTER}"
_QUIET = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'", re.DOTALL)
_QUALIFIED = re.compile(rf"(?<![\w.{_HOLE}])([a-z_]\w*)\.(?:[a-z_*{_HOLE}])", re.IGNORECASE)
_DEFINED = re.compile(r"\b(?:as|from|join|lambda)\s+(\w+)|\b(\w+)\s+as\s*\(", re.IGNORECASE)


def written(node: nodes.Node) -> str:
    """Return the SQL that stands in a macro, with a hole for everything that Jinja writes."""
    if isinstance(node, nodes.Output):
        return "".join(
            part.data if isinstance(part, nodes.TemplateData) else _HOLE for part in node.nodes
        )
    # The test of an `if` and the list of a `for` write nothing.
    children = (child for child in node.iter_child_nodes() if isinstance(child, nodes.Stmt))
    return "".join(map(written, children))


def free_names(sql: str) -> list[str]:
    """Return the aliases that qualify a column of some SQL which does not define them."""
    text = _QUIET.sub("''", sql)
    defined = {name.lower() for pair in _DEFINED.findall(text) for name in pair}
    return sorted({alias for alias in _QUALIFIED.findall(text) if alias.lower() not in defined})


def findings(path: str, text: str) -> Iterator[str]:
    """Yield a sentence for each alias that a macro of a file takes from its caller."""
    template = get_environment(None, capture_macros=True).parse(text)
    for macro in template.find_all(nodes.Macro):
        name = macro.name.removeprefix("dbt_macro__")
        for alias in free_names(written(macro)):
            yield (
                f"{path}:{macro.lineno}: the macro `{name}` reads `{alias}` of whoever calls it. "
                "Make the column, or the alias, an argument."
            )


def main() -> int:
    """Judge every macro of the project."""
    macros = files(MACROS)
    return conclude(finding for path, text in macros.items() for finding in findings(path, text))


if __name__ == "__main__":
    sys.exit(main())
