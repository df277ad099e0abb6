"""What commands about one subject share: finding it by what was typed, and plain JSON values.

Belongs here: the subject of a command, in the published marts alone. Does not belong here: what is
told of it (`explain`, `timeline`).
"""

from __future__ import annotations

from decimal import Decimal

import duckdb

from orchestration.errors import UnknownSubjectError, shown
from orchestration.sql_text import text_literal

_SUBJECT_PREFIXES = ("customer:", "account:", "visitor:", "visitor:order:")
_NEAREST_IDS = 3


def find_subject(published: duckdb.DuckDBPyConnection, subject: str) -> str:
    """Return the `subject_id` of a text with or without its prefix.

    Raises:
        UnknownSubjectError: names the nearest ids.
    """
    candidates = [subject, *(prefix + subject for prefix in _SUBJECT_PREFIXES)]
    listed = ", ".join(map(text_literal, candidates))
    found = {
        str(row[0])
        for row in published.execute(
            f"select subject_id from marts.subjects where subject_id in ({listed})"
        ).fetchall()
    }
    for candidate in candidates:
        if candidate in found:
            return candidate
    bare = subject.lower()
    for prefix in _SUBJECT_PREFIXES[:3]:
        bare = bare.removeprefix(prefix)
    near = published.execute(_nearest_sql(bare)).fetchall()
    nearby = ", ".join(str(row[0]) for row in near)
    text = f"There is no subject {shown(subject)} in what is published"
    raise UnknownSubjectError(f"{text}; the nearest are {nearby}." if near else f"{text}.")


def plain_value(value: object) -> object:
    """Return what JSON has no type for: decimals as numbers, everything else as text."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return str(value)


def _nearest_sql(bare_id: str) -> str:
    """The subjects whose ids are nearest, compared without prefix, as most people type them."""
    return f"""
        select subject_id
        from marts.subjects
        order by
            levenshtein(
                lower(regexp_replace(subject_id, '^(customer|account|visitor):', '')),
                {text_literal(bare_id)}
            ),
            subject_id
        limit {_NEAREST_IDS}
    """
