"""Names and texts as SQL that stays inert.

Belongs here: quoting, for what cannot be bound as a parameter. Does not belong here: expressions.
"""

from __future__ import annotations

from datetime import date


def text_literal(text: str) -> str:
    """Return the SQL literal of a text, inert whatever it holds."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """Return the quoted SQL identifier of a name, inert whatever it holds."""
    return '"' + name.replace('"', '""') + '"'


def date_literal(day: date) -> str:
    """Return the SQL literal of a date."""
    return f"date '{day.isoformat()}'"
