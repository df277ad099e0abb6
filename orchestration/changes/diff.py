"""What two published versions say otherwise of the same days, each change with its cause.

Belongs here: subjects, KPI cells and play entries side by side, and the cause of each difference.
Does not belong here: which versions there are (`pipeline.versions`), or how it is shown.

KPI cells are compared as the mart `restatements` compares them; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from orchestration.changes.arrivals import causes_of_rows, find_arrivals, span_between
from orchestration.changes.causes import BY_ROWS, Cause, Maker, causes_between
from orchestration.changes.version import Version, day_after
from orchestration.errors import LifecycleError
from orchestration.sql_text import date_literal, text_literal

COLUMNS = (
    *("kind", "item", "subject_id", "dimension", "dimension_value", "period_grain"),
    *("from_on", "until_on", "before", "after", "cause"),
)
NOBODY = "(none)"


class UnexplainedChangesError(LifecycleError):
    """Something changed of which nobody can say why."""


@dataclass(frozen=True)
class Count:
    """How often something changed.

    Attributes:
        kind: `subject`, `kpi` or `play`.
        cause: why.
        changes: rows.
        items: distinct subjects, KPIs or plays.
    """

    kind: str
    cause: str
    changes: int
    items: int


@dataclass(frozen=True)
class Diff:
    """Two versions side by side; only valid within `compared`.

    Attributes:
        before: the older version.
        after: the newer one.
        told_on: last day that both speak of.
        connection: holds the table `changes`.
    """

    before: Version
    after: Version
    told_on: date
    connection: duckdb.DuckDBPyConnection

    def counts(self) -> list[Count]:
        """Return how often what changed for which reason."""
        found = self.connection.execute(
            "select kind, cause, count(*), "
            "count(distinct case kind when 'subject' then subject_id else item end) "
            "from changes group by kind, cause order by kind desc, cause"
        )
        return [Count(*row) for row in found.fetchall()]

    def rows(self, limit: int | None = None, kind: str | None = None) -> Iterator[Sequence[Any]]:
        """Yield the changes, or the first ones of a kind."""
        which = f"where kind = {text_literal(kind)}" if kind else ""
        found = self.connection.execute(
            f"select {', '.join(COLUMNS)} from changes {which} order by all "
            + (f"limit {limit}" if limit is not None else "")
        )
        while some := found.fetchmany(10_000):
            yield from some

    def refuse_unexplained(self) -> None:
        """Raise if a change has no cause.

        Raises:
            UnexplainedChangesError: says how many, and of what the first one is.
        """
        odd = [count for count in self.counts() if count.cause == Cause.UNEXPLAINED]
        if odd:
            told = ", ".join(f"{count.changes:,} of kind {count.kind}" for count in odd)
            raise UnexplainedChangesError(
                f"unexplained: {told} differ between {self.before.name} and {self.after.name}, "
                "though rules and settings are the same and no raw row has come that could have "
                "changed them; please report it."
            )


@contextmanager
def compared(before: Version, after: Version, raw: Path) -> Generator[Diff]:
    """Compare two versions of a state directory; the block may read the result.

    Args:
        before: the older version.
        after: the newer one.
        raw: the raw database; the caller sees to it that nobody writes it.
    """
    told_on = min(before.as_of, after.as_of)
    with closing(duckdb.connect()) as connection:
        connection.execute("set enable_progress_bar = false")
        for name, path in (
            ("before", before.database),
            ("after", after.database),
            ("raw_db", raw),
        ):
            connection.execute(f"attach {text_literal(str(path))} as {name} (read_only)")
        find_arrivals(connection, span_between(before, after.as_of))
        maker = Maker(after.rules_hash, after.settings_hash)
        causes = causes_between(before, maker, causes_of_rows(connection))
        connection.execute("create temp table causes (place integer, cause varchar, first_on date)")
        for place, cause in enumerate(Cause):
            if cause in causes:
                connection.execute(
                    "insert into causes values (?, ?, ?)", [place, cause, causes[cause]]
                )
        connection.execute(f"create temp table changes as {_changed_subjects(told_on)}")
        connection.execute(f"insert into changes {_changed_kpis(before, after, told_on)}")
        if _both_have(connection, "play_entries"):
            connection.execute(f"insert into changes {_changed_plays(told_on)}")
        yield Diff(before, after, told_on, connection)


def _both_have(connection: duckdb.DuckDBPyConnection, mart: str) -> bool:
    found = connection.execute(
        "select count(*) from duckdb_tables() where schema_name = 'marts' and table_name = ? "
        "and database_name in ('before', 'after')",
        [mart],
    ).fetchone()
    return found == (2,)


def _first_cause(condition: str) -> str:
    """Return the first cause that meets a condition, of those that there are."""
    return f"(select first(cause order by place) from causes where {condition})"


# What concerns everybody comes before what arrived of one subject; else the first that there is.
_OF_ALL = f"('{Cause.RULES}', '{Cause.SETTINGS}')"
_ANY_CAUSE = f"coalesce({_first_cause('true')}, '{Cause.UNEXPLAINED}')"


def _cause_of_subject(subject: str, until_on: str) -> str:
    ranked = ", ".join(f"'{cause}'" for cause in BY_ROWS)
    return f"""coalesce(
        {_first_cause(f"cause in {_OF_ALL}")},
        (
            select first(cause order by list_position([{ranked}], cause))
            from arrivals
            where arrivals.subject_id = {subject} and arrivals.first_on < {until_on}
        ),
        {_ANY_CAUSE}
    )"""


def _changed_subjects(told_on: date) -> str:
    end = date_literal(day_after(told_on))
    told = f"valid_from < {end} and framework in (select framework from shared)"
    return f"""
    with shared as (
        select framework from before.marts.lifecycle_history
        intersect
        select framework from after.marts.lifecycle_history
    ),

    old as (
        select framework, subject_id, valid_from, stage || ' / ' || health as standing
        from before.marts.lifecycle_history where {told}
    ),

    new as (
        select framework, subject_id, valid_from, stage || ' / ' || health as standing
        from after.marts.lifecycle_history where {told}
    ),

    odd as (
        select framework, subject_id from (from old except from new) group by all
        union
        select framework, subject_id from (from new except from old) group by all
    ),

    -- Between two of these days nothing changes on either side.
    days as (
        select framework, subject_id, valid_from
        from old semi join odd using (framework, subject_id)
        union
        select framework, subject_id, valid_from
        from new semi join odd using (framework, subject_id)
    ),

    pieces as (
        select
            days.framework,
            days.subject_id,
            days.valid_from as from_on,
            coalesce(lead(days.valid_from) over piece, {end}) as until_on,
            coalesce(old.standing, '{NOBODY}') as before,
            coalesce(new.standing, '{NOBODY}') as after
        from days
        asof left join old
            on days.framework = old.framework and days.subject_id = old.subject_id
            and days.valid_from >= old.valid_from
        asof left join new
            on days.framework = new.framework and days.subject_id = new.subject_id
            and days.valid_from >= new.valid_from
        window piece as (partition by days.framework, days.subject_id order by days.valid_from)
    )

    select
        'subject' as kind,
        framework as item,
        subject_id,
        null::varchar as dimension,
        null::varchar as dimension_value,
        null::varchar as period_grain,
        from_on,
        until_on,
        before,
        after,
        {_cause_of_subject("pieces.subject_id", "pieces.until_on")} as cause
    from pieces
    where before <> after
    """


def _changed_kpis(before: Version, after: Version, told_on: date) -> str:
    key = "kpi, period_grain, period_start, dimension, dimension_value"
    end = date_literal(day_after(told_on))
    to_date = "true" if before.as_of == after.as_of else "restates not like '%time%'"
    reaches = "causes.first_on < reached.reach_end"
    expected = (
        f"cause in {_OF_ALL} or {reaches} and case cause "
        f"when '{Cause.MERGE_OR_LINK}' then reached.restates like '%link%' "
        f"when '{Cause.REFUND_OR_CANCELLATION}' then reached.restates like '%refund%' "
        "or reached.restates like '%cancellation%' else true end"
    )
    return f"""
    with told as (
        select kpi, period_grain, period_start
        from before.marts.kpi_values
        where period_end <= {end}
            and kpi in (select kpi from after.marts.kpi_catalog where {to_date})
        group by all
        having bool_and(status not in ('partial', 'immature', 'no_input'))
        intersect
        select kpi, period_grain, period_start from after.marts.kpi_values
    ),

    shared as (
        select dimension from before.marts.kpi_values
        intersect
        select dimension from after.marts.kpi_values
    ),

    old as (
        select {key}, period_end, value from before.marts.kpi_values
        where (kpi, period_grain, period_start) in (from told) and dimension in (from shared)
    ),

    new as (
        select {key}, period_end, value from after.marts.kpi_values
        where (kpi, period_grain, period_start) in (from told) and dimension in (from shared)
    ),

    reached as (
        select
            {key},
            coalesce(old.period_end, new.period_end) as period_end,
            old.value as old_value,
            new.value as new_value,
            catalogue.restates,
            coalesce(old.period_end, new.period_end) + coalesce(catalogue.maturity_days, 0)
                as reach_end
        from old
        full join new using ({key})
        inner join after.marts.kpi_catalog as catalogue using (kpi)
        where old.value is distinct from new.value
    )

    select
        'kpi' as kind,
        kpi as item,
        null as subject_id,
        dimension,
        dimension_value,
        period_grain,
        period_start as from_on,
        period_end as until_on,
        cast(old_value as varchar) as before,
        cast(new_value as varchar) as after,
        coalesce({_first_cause(expected)}, {_ANY_CAUSE}) as cause
    from reached
    """


def _changed_plays(told_on: date) -> str:
    entries = f"""
        select
            play, subject_id, triggered_on, due_from,
            concat_ws(', ', coalesce(arm, 'service'), suppressed_by) as entry
        from {{side}}.marts.play_entries where due_from <= {date_literal(told_on)}
    """
    return f"""
    with old as ({entries.format(side="before")}),

    new as ({entries.format(side="after")}),

    changed as (
        select
            play, subject_id, triggered_on, coalesce(old.due_from, new.due_from) as due_from,
            coalesce(old.entry, '{NOBODY}') as before, coalesce(new.entry, '{NOBODY}') as after
        from old
        full join new using (play, subject_id, triggered_on)
        where old.entry is distinct from new.entry
            and play in (select play from before.marts.play_catalog)
            and play in (select play from after.marts.play_catalog)
    )

    select
        'play', play, subject_id, null, null, null, triggered_on, due_from, before, after,
        {_cause_of_subject("changed.subject_id", "changed.due_from + 1")}
    from changed
    """
