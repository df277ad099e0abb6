"""Whom a play or a segment of a published version names, and who of them may be written to.

Belongs here: the rows of an export, and what is new in it. Does not belong here: permission, which
the raw tables say (`permission`), files and receipts.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from orchestration.errors import SettingsError, nearest, sentence, shown
from orchestration.sql_text import text_literal

SEGMENT = "segment:"


@dataclass(frozen=True)
class Target:
    """What is exported.

    Attributes:
        what: as receipts name it: the play, or `segment:` and the segment.
        name: of the play or segment.
        is_segment: whether it is a segment.
        is_marketing: whether it is a segment or a play that is no service.
        needs_consent: whether only those who consented are exported.
        key: the columns that tell its rows apart.
        columns: those of a row, the contact's address aside.
    """

    what: str
    name: str
    is_segment: bool
    is_marketing: bool
    needs_consent: bool
    key: tuple[str, ...]
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Choice:
    """What is left in.

    Attributes:
        all_ranks: also what is not the first that is due to the person.
        include_control: also the global control, in segments and as the contact of an account.
    """

    all_ranks: bool = False
    include_control: bool = False


_PLAY_COLUMNS = (
    *("play", "subject_id", "contact_subject_id", "triggered_on", "due_from", "due_until"),
    *("channel", "rank_for_subject", "why", "why_it", "expected_value", "recommended_product"),
)
_SEGMENT_COLUMNS = ("segment", "subject_id", "stage", "health", "country")


def find_target(connection: duckdb.DuckDBPyConnection, what: str) -> Target:
    """Return what a name means in the version attached as `present`.

    Raises:
        SettingsError: there is no such play or segment; names the nearest one.
    """
    if what.startswith(SEGMENT):
        name = what.removeprefix(SEGMENT)
        known = _names(connection, "segment", "segment_profiles")
        _check_known("segment", name, known)
        return Target(what, name, True, True, True, ("subject_id",), _SEGMENT_COLUMNS)
    known = _names(connection, "play", "play_catalog")
    _check_known("play", what, known)
    found = connection.execute(
        "select needs_consent, is_service from present.marts.play_catalog where play = ?", [what]
    ).fetchone()
    needs_consent, is_service = found or (True, False)
    return Target(
        what=what,
        name=what,
        is_segment=False,
        is_marketing=not is_service,
        needs_consent=needs_consent or not is_service,
        key=("subject_id", "triggered_on"),
        columns=_PLAY_COLUMNS,
    )


def select_rows(
    connection: duckdb.DuckDBPyConnection, version: str, target: Target, choice: Choice
) -> None:
    """Make the temporary tables `named` (the rows) and `contacts` (their persons).

    Args:
        connection: the connection.
        version: the name under which the version is attached.
        target: what is exported.
        choice: what is left in.
    """
    name = text_literal(target.name)
    # An account is dealt its arm by itself, whichever of its members it is written to.
    control = (
        f"select subject_id from {version}.marts.customers where is_global_control"
        if target.is_marketing and not choice.include_control
        else "select null where false"
    )
    if target.is_segment:
        rows = f"""
        select members.segment, members.subject_id, customers.stage, customers.health,
            customers.country, members.subject_id as contact_id
        from {version}.marts.segment_members as members
        inner join {version}.marts.customers as customers
            on members.subject_id = customers.subject_id
        where members.segment = {name} and members.subject_id not in ({control})
        """
    else:
        rank = "true" if choice.all_ranks else "rank_for_subject = 1"
        rows = f"""
        select {", ".join(target.columns)}, contact_subject_id as contact_id
        from {version}.marts.plays_due
        where play = {name} and {rank} and contact_subject_id not in ({control})
        """
    connection.execute(f"create or replace temp table named as {rows}")
    connection.execute(
        "create or replace temp table contacts as "
        "select contact_id as subject_id from named group by contact_id"
    )


def keep_permitted(connection: duckdb.DuckDBPyConnection, table: str, target: Target) -> None:
    """Make a table of those in `named` who may be written to, by the table `permissions`."""
    consent = "permissions.has_consent" if target.needs_consent else "true"
    connection.execute(
        f"create or replace temp table {table} as "
        "select named.*, case when permissions.has_consent then permissions.email end as email "
        "from named inner join permissions on named.contact_id = permissions.subject_id "
        f"where {consent} and not permissions.is_gone"
    )


def _names(connection: duckdb.DuckDBPyConnection, column: str, mart: str) -> list[str]:
    try:
        found = connection.execute(f"select {column} from present.marts.{mart} order by 1")
    except duckdb.CatalogException:
        return []
    return [str(name) for (name,) in found.fetchall()]


def _check_known(kind: str, name: str, known: list[str]) -> None:
    if name in known:
        return
    text = sentence(f"There is no {kind} {shown(name)}{nearest(name, known)}")
    listed = ", ".join(known) or "none; build again"
    raise SettingsError(f"{text} Published are {listed}.")
