"""Texts of others, such as a database's messages, without what they may quote of a person.

Belongs here: what is masked in a text. Does not belong here: which columns are personal
(`ingest/raw_contract`), or whom a text is told to.
"""

from __future__ import annotations

import re

MASK = "(masked)"
# DuckDB quotes values singly, a few doubly, and names of models are quoted doubly or not at all.
_QUOTED_VALUE = re.compile(r"""(?<!\w)'[^'\n]*'(?!\w)|(?<=string )"[^"\n]*"|(?<=key )"[^"\n]*\"""")
_MAIL = re.compile(r"[^\s\"'(<,;]+@[^\s\"')>,;]+")
_NUMBER_TO_CALL = re.compile(r"(?<![\w.:-])\+?\d[\d ()/.-]{7,}\d(?![\w:])")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_DAY_OR_TIME = re.compile(r"\d{4}-\d{2}-\d{2}( .*)?")
# A value says by itself what a text would say around it, so less is enough to mask all of it.
_WAY_TO_REACH = re.compile(r"@|\+?\d[\d ()/.-]{8,}\d")


def masked_text(text: str) -> str:
    """Return a text without quoted values and without what looks like a way to reach somebody."""
    return masked_contacts(_QUOTED_VALUE.sub(MASK, text))


def masked_contacts(text: str) -> str:
    """Return a text without what looks like a way to reach somebody; what it quotes stays."""

    def call(found: re.Match[str]) -> str:
        return found.group() if _DATE.match(found.group()) else MASK

    return _NUMBER_TO_CALL.sub(call, _MAIL.sub(MASK, text))


def masked_value(value: str) -> str:
    """Return a value, or what stands for one that looks like an address or a number to call."""
    return value if _DAY_OR_TIME.fullmatch(value) or not _WAY_TO_REACH.search(value) else MASK
