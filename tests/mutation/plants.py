"""Slips that are found in any model's compiled SQL, by its lines; pure.

Belongs here: which lines can be written a little wrong, and how. Does not belong here: slips that
somebody chose (``slips``), and running either (``models``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, zip_longest

from tests.mutation.slips import Slip

# By what is wrong, in the order in which they are tried: what a line says, and what it must not.
KINDS: dict[str, tuple[tuple[str, str], ...]] = {
    "filter": (
        (r"^where (?!true).+$", "where true"),
        (r"^(and|or) .+$", r"\1 {neutral}"),
        (r"^having .+$", "having true"),
        (r"^anti join", "semi join"),
    ),
    "boundary": (
        (r" <= ", " < "),
        (r" >= ", " > "),
        (r" < ", " <= "),
        (r" > ", " >= "),
    ),
    "join": (
        (r"^inner join", "left join"),
        (r"^left join", "inner join"),
    ),
    "window": (
        (r"interval '(\d+)", "interval '1{0}"),
        (r"unbounded preceding", "1 preceding"),
        (r"unbounded following", "1 following"),
        (r"\b1 (preceding|following)", r"0 \1"),
        (r" desc\b", " "),
        (r"partition by (\w+(?:\.\w+)?), ", "partition by "),
        (r"(?<=[+-] )(\d+)\b", "1{0}"),
    ),
    "dedupe": (
        (r"\bselect distinct\b", "select"),
        (r"\bcount\(distinct ", "count("),
        (r"^union$", "union all"),
        (r"^union all$", "except"),
    ),
    "aggregate": (
        (r"\bmin\(", "max("),
        (r"\bmax\(", "min("),
        (r"\bsum\(", "max("),
        (r"\bavg\(", "min("),
        (r"\bcount\(\*\)", "2 * count(*)"),
        (r"\bbool_or\(", "bool_and("),
        (r"\bbool_and\(", "bool_or("),
        (r"\bgreatest\(", "least("),
        (r"\bleast\(", "greatest("),
        (r"\bfirst_value\(", "last_value("),
        (r"\blag\(", "lead("),
        (r"\blead\(", "lag("),
    ),
    "expression": (
        (r", 0\)", ", 1)"),
        (r", false\)", ", true)"),
        (r", true\)", ", false)"),
        (r" is not null", " is null"),
        (r" is null", " is not null"),
        (r" <> ", " = "),
        (r" = ", " <> "),
        (r" and ", " or "),
        (r" or ", " and "),
        (r" \+ ", " - "),
        (r" - ", " + "),
        (r" \* ", " + "),
        (r"\belse null\b", "else 0"),
        (r"\bcoalesce\((\w+(?:\.\w+)?), ", r"coalesce(null, "),
    ),
    # For models that only pass columns on.
    "column": (
        (r"^(\w+)\.(\w+),$", r"null as \2,"),
        (r"^(\w+),$", r"null as \1,"),
        (r"^(?:\w+)\.(\w+) as (\w+),$", r"null as \2,"),
        (r"^.+ as (\w+),$", r"null as \1,"),
    ),
}
_MOST_LINES = 3


def candidates(model: str, sql: str) -> Iterator[tuple[str, Slip]]:
    """Yield slips of a model with what kind each is, the kinds by turns."""
    by_kind = [[(kind, slip) for slip in _of_kind(kind, model, sql)] for kind in KINDS]
    yield from (one for one in chain.from_iterable(zip_longest(*by_kind)) if one is not None)


def _of_kind(kind: str, model: str, sql: str) -> Iterator[Slip]:
    lines = sql.splitlines()
    for pattern, wrong in KINDS[kind]:
        for number, line in enumerate(lines):
            code = line.strip()
            if code.startswith("--") or not re.search(pattern, code):
                continue
            spoilt = _spoilt(pattern, wrong, code)
            right = _once(sql, lines, number)
            if right and spoilt != code:
                yield Slip(model, right, right[: len(right) - len(code)] + spoilt)


def _spoilt(pattern: str, wrong: str, code: str) -> str:
    def written(match: re.Match[str]) -> str:
        text = match.expand(wrong.replace("{neutral}", "").replace("{0}", ""))
        if "{neutral}" in wrong:
            # What is left of a list of conditions is what holds without this one.
            return text + ("true" if match[1] == "and" else "false")
        if "{0}" in wrong:
            return wrong.replace("1{0}", str(int(match[1]) + 1))
        return text

    return re.sub(pattern, written, code, count=1)


def _once(sql: str, lines: list[str], number: int) -> str:
    """Return a line, with lines before it as far as they are needed to stand there once."""
    for first in range(number, max(number - _MOST_LINES, -1), -1):
        text = "\n".join(lines[first : number + 1]).lstrip()
        if sql.count(text) == 1:
            return text
    return ""
