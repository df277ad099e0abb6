"""No SQL as a string in a Jinja mapping or list: an expression stands where an editor colours it.

Belongs here: what counts as a string of SQL and where Jinja may not hold one. Names (columns, KPIs,
grains) may stand anywhere, and an expression may be the argument of a macro: it stands at its use.

    python -m tests.lint.jinja_mappings
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping

from dbt_common.clients.jinja import get_environment
from jinja2 import nodes

from tests.lint.verdict import DBT_TESTS, MACROS, MODELS, conclude, files

# A name, perhaps qualified; a type; what stands between names.
_NAME = re.compile(r"(?!null$)[\w.]+|\w+\(\d+(, ?\d+)?\)|[\s,]*", re.IGNORECASE)
_OPERATOR = re.compile(r"[()<>=+*/|'\"!%;]|(^|\s)-(\s|$)")
_KEYWORD = re.compile(
    r"\b(and|as|between|by|case|cast|distinct|else|end|exists|from|group|having|in|interval|is|join"
    r"|like|not|null|on|or|order|over|partition|select|then|union|using|when|where|with)\b",
    re.IGNORECASE,
)


def is_sql(text: str) -> bool:
    """Say whether a text is SQL, or a piece of it, rather than a name or a list of names."""
    if _NAME.fullmatch(text):
        return False
    return bool(_OPERATOR.search(text) or _KEYWORD.search(text))


def parts(node: nodes.Node) -> Iterator[nodes.Node]:
    """Yield a value and all that it is made of; mappings and lists in it are judged apart."""
    if not isinstance(node, (nodes.Dict, nodes.List, nodes.Tuple)):
        yield node
        for child in node.iter_child_nodes():
            yield from parts(child)


def pieces(value: nodes.Node, known: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    """Yield (line, text) of the SQL in a value; `known` says which variables hold SQL."""
    for part in parts(value):
        if isinstance(part, nodes.Const) and isinstance(part.value, str) and is_sql(part.value):
            yield part.lineno, part.value
        elif isinstance(part, nodes.Name) and part.ctx == "load" and part.name in known:
            yield part.lineno, f"{part.name}: {known[part.name]}"


def held_in_variables(template: nodes.Template) -> dict[str, str]:
    """Return the variables that a template sets to SQL, and the first piece of it."""
    held: dict[str, str] = {}
    for block in template.find_all(nodes.AssignBlock):
        text = "".join(part.data for part in block.find_all(nodes.TemplateData)).strip()
        if isinstance(block.target, nodes.Name) and is_sql(text):
            held[block.target.name] = text
    for assignment in template.find_all(nodes.Assign):
        texts = [text for _, text in pieces(assignment.node, {})]
        if isinstance(assignment.target, nodes.Name) and texts:
            held[assignment.target.name] = texts[0]
    return held


def values(template: nodes.Template) -> Iterator[nodes.Node]:
    """Yield what mappings and lists hold: literals, `dict()`, and what is put in afterwards."""
    for mapping in template.find_all(nodes.Dict):
        yield from (part for pair in mapping.items for part in (pair.key, pair.value))
    for sequence in template.find_all((nodes.List, nodes.Tuple)):
        yield from sequence.items
    for call in template.find_all(nodes.Call):
        called = call.node
        is_dict = isinstance(called, nodes.Name) and called.name == "dict"
        if is_dict or (isinstance(called, nodes.Getattr) and called.attr in {"append", "update"}):
            yield from call.args
            yield from (keyword.value for keyword in call.kwargs)


def findings(path: str, text: str) -> list[str]:
    """Return a sentence for each line of a template where a mapping or list holds SQL."""
    template = get_environment(None, capture_macros=True).parse(text)
    known = held_in_variables(template)
    first: dict[int, str] = {}
    for value in values(template):
        for line, piece in pieces(value, known):
            first.setdefault(line, " ".join(piece.split()))
    return [
        f"{path}:{line}: a Jinja mapping or list holds SQL ({piece[:60]!r}). Write the expression "
        "where it is used; Jinja loops over names."
        for line, piece in sorted(first.items())
    ]


def main() -> int:
    """Judge every template of the project."""
    templates = files(MODELS, MACROS, DBT_TESTS)
    found = [finding for path, text in templates.items() for finding in findings(path, text)]
    return conclude(found)


if __name__ == "__main__":
    sys.exit(main())
