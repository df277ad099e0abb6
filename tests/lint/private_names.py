"""No private name of another package: what starts with `_` may be gone with its next release.

Belongs here: private names of Dagster anywhere, and of every package in `orchestration`. Names of
the standard library are documented where they start with `_` (`os._exit`), and dunders are public.

    python -m tests.lint.private_names
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator

from tests.lint.verdict import ROOT, conclude, files

_OF_DAGSTER = re.compile(r"\bdagster\w*(?:\.\w+)*\._\w+(?:\.\w+)*")
_OWN = {"orchestration", *sys.stdlib_module_names}


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__")


def of_dagster(text: str) -> Iterator[tuple[int, str]]:
    """Yield (line, name) of each private name of Dagster that a text holds, imported or not."""
    for number, line in enumerate(text.splitlines(), 1):
        for name in _OF_DAGSTER.findall(line):
            yield number, name


def _imports(tree: ast.AST) -> Iterator[tuple[ast.stmt, str, str]]:
    """Yield (statement, what is imported in full, the name it gets) of other packages."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] not in _OWN:
                    yield node, alias.name, alias.asname or alias.name.split(".")[0]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] not in _OWN:
            for alias in node.names:
                yield node, f"{node.module}.{alias.name}", alias.asname or alias.name


def of_packages(source: str) -> Iterator[tuple[int, str]]:
    """Yield (line, name) of each private name of another package that a module uses.

    Seen are imports, attributes of what was imported, and `self._name` or `super()._name` in a
    class that inherits from what was imported and does not define the name itself.
    """
    tree = ast.parse(source)
    imported: set[str] = set()
    for statement, full, name in _imports(tree):
        imported.add(name)
        if any(map(_is_private, full.split("."))):
            yield statement.lineno, full
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and _is_private(node.attr):
            text = ast.unparse(node)
            if text.split(".")[0] in imported:
                yield node.lineno, text
        elif isinstance(node, ast.ClassDef):
            bases = {ast.unparse(base).split(".")[0].split("[")[0] for base in node.bases}
            if bases & imported:
                yield from _inherited(node)


def _inherited(defined: ast.ClassDef) -> Iterator[tuple[int, str]]:
    used: dict[str, int] = {}
    own = {node.name for node in ast.walk(defined) if isinstance(node, ast.FunctionDef)}
    for node in ast.walk(defined):
        if isinstance(node, ast.Attribute) and _is_private(node.attr):
            holder = ast.unparse(node.value)
            if holder == "super()":
                yield node.lineno, f"{defined.name}: super().{node.attr}"
            elif holder in {"self", "cls"} and isinstance(node.ctx, ast.Store):
                own.add(node.attr)
            elif holder in {"self", "cls"}:
                used.setdefault(node.attr, node.lineno)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            own.add(node.id)
    for name, line in used.items():
        if name not in own:
            yield line, f"{defined.name}: self.{name}"


def findings(path: str, text: str) -> list[str]:
    """Return a sentence for each private name in a file, one per line of it."""
    hits = dict(of_dagster(text))
    if path.startswith("orchestration/"):
        hits |= dict(of_packages(text))
    return [
        f"{path}:{line}: `{name}` is private to another package and may be gone with its next "
        "release. Use its public interface, or do without."
        for line, name in sorted(hits.items())
    ]


def main() -> int:
    """Judge Python and the file of Dagster's instance."""
    texts = files(ROOT / "orchestration", ROOT / "tests", ending=".py")
    texts["dagster.yaml"] = (ROOT / "dagster.yaml").read_text(encoding="utf-8")
    return conclude(finding for path, text in texts.items() for finding in findings(path, text))


if __name__ == "__main__":
    sys.exit(main())
