"""Words of other tools in the contract's vocabulary: rows of the CSV files beside this module.

Belongs here: statuses and countries, looked up by folded word; the SQL functions that adapters use.
Does not belong here: event names, which are rules (`seeds/rules/event_signals.csv`).
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import duckdb

from orchestration.sql_text import text_literal

_HERE = Path(__file__).parent
# Currencies without a minor unit, and those of three digits, in Stripe's reckoning (adapters.md).
_NO_DIGITS = (
    "BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA",
    "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF",
)  # fmt: skip
_THREE_DIGITS = ("BHD", "JOD", "KWD", "OMR", "TND")


@cache
def read_words(kind: str) -> Mapping[str, str]:
    """Return folded word to contract value, from `<kind>.csv`."""
    with (_HERE / f"{kind}.csv").open(encoding="utf-8", newline="") as source:
        rows = list(csv.reader(source))
    return {word: value for word, value in rows[1:]}


def folded_word(sql: str) -> str:
    """Return the expression of a word as words are compared: case, blanks and marks apart."""
    folded = f"regexp_replace(lower({sql}), '[\\s_\\-.,''’&()]+', '_', 'g')"
    return f"regexp_replace(trim({folded}, '_'), '^wc_', '')"


def mapped_word(sql: str, kind: str) -> str:
    """Return the expression of a word's contract value; null for a word that no row knows."""
    entries = ", ".join(
        f"{text_literal(word)}: {text_literal(value)}" for word, value in read_words(kind).items()
    )
    return f"map_extract_value(map {{{entries}}}, {folded_word(sql)})"


def define_functions(connection: duckdb.DuckDBPyConnection, identity_salt: str) -> None:
    """Define what the SQL of adapters may call, as temporary macros of a connection.

    `email_key(address)`, `person_id(text)`, `fold_word(text)`, `status_word(text)`, `country_code(text)`, `amount(text)`,
    `minor_amount(text, currency)`, `text_at(json, path)`, `as_json(text)`, `epoch_text(number,
    per_second)`, `url_parameter(url, name)`.
    """
    countries = ", ".join(
        f"({text_literal(word)}, {text_literal(code)})"
        for word, code in read_words("countries").items()
    )
    no_digits = ", ".join(text_literal(code) for code in _NO_DIGITS)
    three_digits = ", ".join(text_literal(code) for code in _THREE_DIGITS)
    connection.execute(
        f"create or replace temporary table country_words as "
        f"select * from (values {countries}) as words(word, country)"
    )
    for signature, body in (
        ("email_key(address)", email_key("address", identity_salt)),
        ("fold_word(word)", folded_word("word")),
        ("person_id(given)", f"case when {looks_like_email('given')} then {email_key('given', identity_salt)} else given end"),
        ("status_word(word)", mapped_word("word", "statuses")),
        (
            "country_code(name)",
            f"""case
                when regexp_full_match(name, '[A-Za-z]{{2}}') and lower(name) not in ('xx', 'uk')
                    then upper(name)
                else (select any_value(country) from country_words where word = {folded_word("name")})
            end""",
        ),
        # Thousands marks, where a layout has them, stand before three digits alone.
        (
            "amount(given)",
            r"try_cast(regexp_replace(given, ',([0-9]{3})', '\1', 'g') as decimal(18, 4))",
        ),
        (
            "minor_amount(given, currency)",
            f"""cast(try_cast(given as decimal(18, 4)) / case
                when upper(currency) in ({no_digits}) then 1
                when upper(currency) in ({three_digits}) then 1000
                else 100
            end as decimal(18, 4))""",
        ),
        ("text_at(document, path)", "nullif(json_extract_string(document, path), '')"),
        # Text that is no JSON is null, so that one bad cell never costs its file.
        ("as_json(given)", "case when json_valid(given) then cast(given as json) end"),
        ("shopify_id(given)", "coalesce(nullif(regexp_extract(given, '^gid://shopify/[A-Za-z]+/([0-9]+)', 1), ''), given)"),
        (
            "shop_money(document)",
            "coalesce(text_at(document, '$.shop_money.amount'), "
            "text_at(document, '$.shopMoney.amount'))",
        ),
        # A list, or GraphQL's connection of nodes or edges, as a list.
        (
            "nodes(document)",
            "coalesce(from_json(case when json_type(document) = 'ARRAY' then document end, "
            "'[\"JSON\"]'), from_json(json_extract(document, '$.nodes'), '[\"JSON\"]'), "
            "json_extract(document, '$.edges[*].node'), [])",
        ),
        # Seconds, milliseconds or microseconds since 1970 as a timestamp that says it is UTC.
        (
            "epoch_text(given, per_second)",
            "cast(make_timestamp(cast(try_cast(given as decimal(38, 6)) * 1000000 / per_second "
            "as bigint)) as varchar) || 'Z'",
        ),
        (
            "url_parameter(url, name)",
            "nullif(url_decode(replace(regexp_extract(url, '[?&]' || name || '=([^&#]*)', 1), "
            "'+', ' ')), '')",
        ),
    ):
        connection.execute(f"create or replace temporary macro {signature} as ({body})")


def looks_like_email(sql: str) -> str:
    """Return the condition under which an id has the form of an e-mail address."""
    return f"(contains({sql}, '@') and regexp_full_match({sql}, '[^@\\s]+@[^@\\s]+[.][^@\\s.]+'))"


def email_key(sql: str, identity_salt: str) -> str:
    """Return the expression of the id that stands for an e-mail address."""
    address = f"lower(trim(nfc_normalize({sql})))"
    return f"'email:' || sha256({text_literal(identity_salt + ':')} || {address})[1:20]"
