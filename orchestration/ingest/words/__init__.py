"""Words of other tools in the contract's vocabulary: rows of the CSV files beside this module.

Belongs here: statuses and countries, looked up by folded word; the SQL functions that adapters use.
Does not belong here: event names, which are rules (`seeds/rules/event_signals.csv`).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import duckdb

from orchestration.sql_text import text_literal

_HERE = Path(__file__).parent


@cache
def read_words(kind: str) -> Mapping[str, str]:
    """Return folded word to contract value, from `<kind>.csv`."""
    with (_HERE / f"{kind}.csv").open(encoding="utf-8", newline="") as source:
        rows = list(csv.reader(source))
    return dict(rows[1:])


def folded_text(word: str) -> str:
    """Return a word as words are compared; `folded_word` says the same in SQL."""
    folded = re.sub(r"[\s_\-.,'&()]+", "_", word.lower()).strip("_")
    return folded.removeprefix("wc_")


def folded_word(sql: str) -> str:
    """Return the expression of a word as words are compared: case, blanks and marks apart."""
    folded = f"regexp_replace(lower({sql}), '[\\s_\\-.,''&()]+', '_', 'g')"
    return f"regexp_replace(trim({folded}, '_'), '^wc_', '')"


def mapped_word(sql: str, kind: str) -> str:
    """Return the expression of a word's contract value; null for a word that no row knows."""
    entries = ", ".join(
        f"{text_literal(word)}: {text_literal(value)}" for word, value in read_words(kind).items()
    )
    return f"map_extract_value(map {{{entries}}}, {folded_word(sql)})"


def define_functions(connection: duckdb.DuckDBPyConnection, identity_salt: str) -> None:
    """Define what the SQL of adapters may call, as temporary macros of a connection.

    `email_key(address)`, `person_id(text)`, `without_addresses(json)`, `fold_word(text)`,
    `status_word(text)` and what `functions.sql` defines.
    """
    countries = ", ".join(
        f"({text_literal(word)}, {text_literal(code)})"
        for word, code in read_words("countries").items()
    )
    connection.execute(
        f"create or replace temporary table country_words as "
        f"select * from (values {countries}) as words(word, country)"
    )
    address = email_key("given", identity_salt)
    for signature, body in (
        ("email_key(given)", address),
        (
            "person_id(given)",
            f"case when {looks_like_email('given')} then {address} else given end",
        ),
        ("without_addresses(given)", _without_addresses("given")),
        ("fold_word(word)", folded_word("word")),
        ("status_word(word)", mapped_word("word", "statuses")),
    ):
        connection.execute(f"create or replace temporary macro {signature} as ({body})")
    connection.execute(_functions())


@cache
def _functions() -> str:
    return (_HERE / "functions.sql").read_text(encoding="utf-8")


def _without_addresses(sql: str) -> str:
    """Return JSON text in which every id that is an address, at any depth, is its key instead.

    Quotes may be escaped, as in a cell of CSV that holds JSON.
    """
    address = r'[^"\\\s@]+@[^"\\\s@]+[.][^"\\\s@.]+'
    key = r'[A-Za-z_]*(?:_id|Id|ID)\\?"\s*:\s*\\?'
    found = f"list_distinct(regexp_extract_all({sql}, '{key}(\"\\s*{address}\\s*\\\\?\")', 1))"
    quoted = (
        f"'\"' || person_id(regexp_extract(part, '{address}')) "
        r"""|| case when ends_with(part, '\"') then '\"' else '"' end"""
    )
    return (
        f"case when contains({sql}, '@') then list_reduce(list_prepend({sql}, {found}), "
        f"lambda told, part: replace(told, part, {quoted})) else {sql} end"
    )


def looks_like_email(sql: str) -> str:
    """Return the condition under which an id has the form of an e-mail address."""
    return f"(contains({sql}, '@') and regexp_full_match({sql}, '[^@\\s]+@[^@\\s]+[.][^@\\s.]+'))"


def email_key(sql: str, identity_salt: str) -> str:
    """Return the expression of the id that stands for an e-mail address."""
    address = f"lower(trim(nfc_normalize({sql})))"
    return f"'email:' || sha256({text_literal(identity_salt + ':')} || {address})[1:20]"
