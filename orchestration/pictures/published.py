"""What the pictures are made from: rows of the published marts, in the order they are shown in.

Belongs here: reading marts. Does not belong here: computing anything that a mart could hold,
drawing (`charts`), words (`words`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb

from orchestration.sql_text import text_literal

# What the first page shows, from reach to loyalty; the catalogue has all of them.
HEADLINES = (
    *("active_customers_end", "new_customers", "net_revenue", "average_order_value"),
    *("conversion_rate", "cart_abandonment_rate", "repeat_purchase_rate", "churn_rate"),
    *("mrr", "customer_acquisition_cost", "nps", "predicted_clv"),
)
TREND_MONTHS = 13
CHANNEL_MONTHS = 3
_MOST_NAMES = 5
_NOTHING_KNOWN = "no_input"
_HEADLINE_NAMES = ", ".join(map(text_literal, HEADLINES))

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Build:
    """What was built.

    Attributes are columns of `build_info`.
    """

    build_id: str
    inputs_hash: str
    rules_hash: str
    as_of_date: date
    reporting_currency: str
    default_framework: str
    frameworks: tuple[str, ...]
    persons: int


@dataclass(frozen=True)
class Headline:
    """A KPI of the last month that has a number, beside the month before and its target.

    Attributes:
        entry: the row of `kpi_catalog`.
        month: first day of the month shown; None when no month has a number.
        value: the number of that month.
        before: the number of the month before, None if there is none.
        status: status of the month shown, or of the latest one when none has a number.
        target: what was aimed at, None without a target.
        is_met: whether it was reached.
        trend: month, value and status of the last months, oldest first.
    """

    entry: Mapping[str, Any]
    month: date | None
    value: float | None
    before: float | None
    status: str
    target: float | None
    is_met: bool | None
    trend: Rows


class Published:
    """The marts of one published version."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Read through a connection that `open_published` made."""
        self._connection = connection
        self.build = self._build()

    def rows(self, sql: str, **parameters: object) -> Rows:
        """Return the rows of a query; decimals become floats, as pictures need no more.

        Args:
            sql: may name parameters as `$name`.
            parameters: their values. Threads may ask at once, each through a cursor of its own.
        """
        cursor = self._connection.cursor().execute(sql, parameters)
        names = [str(column[0]) for column in cursor.description]
        return [dict(zip(names, map(_plain, row), strict=True)) for row in cursor.fetchall()]

    def stages(self, framework: str) -> Rows:
        """Stages of a framework in their order."""
        return self.rows(f"""
            select stage, ordinal, label, label_it from marts.stages
            where framework = {text_literal(framework)} order by ordinal
        """)

    def healths(self) -> Rows:
        """Healths in their order."""
        return self.rows(
            "select health, ordinal, label, label_it from marts.health_states order by ordinal"
        )

    def standing(self, framework: str) -> Rows:
        """Subjects by stage and health today."""
        return self.rows(f"""
            select stage, health, count(*) as subjects from marts.lifecycle_current
            where framework = {text_literal(framework)} group by all order by all
        """)

    def growth(self, framework: str) -> Rows:
        """Subjects by stage at each month's end, and today."""
        return self.rows(f"""
            select date, stage, cast(sum(subjects) as bigint) as subjects from marts.stage_daily
            where framework = {text_literal(framework)}
                and (date = last_day(date) or date = {_day(self.build.as_of_date)})
            group by all order by all
        """)

    def flow(self, framework: str) -> Rows:
        """From where to where subjects went in the last finished month, stages only."""
        return self.rows(f"""
            with moves as (
                select month, from_stage, to_stage, cast(sum(subjects) as bigint) as subjects
                from marts.stage_flow_monthly
                where framework = {text_literal(framework)} and month = (
                    select max(month) from marts.stage_flow_monthly
                    where framework = {text_literal(framework)}
                )
                group by month, from_stage, to_stage
            )
            select *, subjects / sum(subjects) over (partition by from_stage) as share
            from moves where subjects > 0 order by all
        """)

    def retention(self) -> Rows:
        """Cohorts by month of the first order and age, whole months only."""
        return self.rows("""
            select cohort_month, age_months, customers, active, retention_rate
            from marts.retention_cohorts
            where dimension = 'all' and is_mature and age_months > 0 order by all
        """)

    def channels(self) -> Rows:
        """Channels over the last finished months, most net revenue first."""
        return self.rows(f"""
            with months as (
                select distinct period_start from marts.channel_performance
                where period_grain = 'month' and is_complete
                order by period_start desc limit {CHANNEL_MONTHS}
            )
            select channel, sum(spend) as spend, sum(sessions) as sessions,
                sum(new_customers) as new_customers, sum(net_revenue) as net_revenue,
                sum(spend) / nullif(sum(new_customers), 0) as acquisition_cost
            from marts.channel_performance
            where period_grain = 'month' and period_start in (from months)
            group by all
            having sum(spend) > 0 or sum(sessions) > 0 or sum(net_revenue) <> 0
            order by net_revenue desc nulls last, channel
        """)

    def files(self) -> Mapping[str, int]:
        """Sums over the landing files of `row_accounting`."""
        return self.rows("""
            select count(*) as files, coalesce(sum(rows_read), 0) as rows_read,
                coalesce(sum(rows_kept), 0) as rows_kept,
                coalesce(sum(rows_duplicate), 0) as rows_duplicate,
                coalesce(sum(rows_quarantined), 0) as rows_quarantined,
                coalesce(sum(rows_set_aside), 0) as rows_set_aside
            from marts.row_accounting where scope = 'file'
        """)[0]

    def unmapped_events(self) -> tuple[int, list[str]]:
        """How many event names feed nothing, and the most frequent ones."""
        names = [
            str(name)
            for (name,) in self._connection.execute(
                "select event_name from marts.event_names where signals is null or signals = '' "
                "order by events desc, event_name"
            ).fetchall()
        ]
        return len(names), names[:_MOST_NAMES]

    def implausible(self) -> list[str]:
        """Judged measures outside their band."""
        rows = self.rows("""
            select concat_ws(' ', expectation, nullif(item, '')) as measure from marts.plausibility
            where is_judged and (value < at_least or value > at_most) order by all
        """)
        return [str(row["measure"]) for row in rows]

    def headlines(self) -> list[Headline]:
        """The KPIs of the first page that the catalogue has, in their order."""
        entries = {row["kpi"]: row for row in self.rows("select * from marts.kpi_catalog")}
        trends = _by_kpi(
            self.rows(f"""
                select kpi, period_start as month, value, status from marts.kpi_values
                where kpi in ({_HEADLINE_NAMES}) and period_grain = 'month' and dimension = 'all'
                qualify
                    row_number() over (partition by kpi order by period_start desc)
                    <= {TREND_MONTHS}
                order by kpi, period_start
            """)
        )
        targets = _by_kpi(
            self.rows(f"""
                select kpi, period_start as month, target, is_met from marts.kpi_vs_target
                where kpi in ({_HEADLINE_NAMES}) and period_grain = 'month' and dimension = 'all'
                order by kpi, period_start
            """)
        )
        return [
            _headline(entries[kpi], trends.get(kpi, []), targets.get(kpi, []))
            for kpi in HEADLINES
            if kpi in entries
        ]

    def _build(self) -> Build:
        row = self.rows("select * from marts.build_info")[0]
        frameworks = tuple(str(row["frameworks"]).split(", "))
        kept = {name: row[name] for name in Build.__dataclass_fields__ if name != "frameworks"}
        return Build(**kept, frameworks=frameworks)


def _by_kpi(rows: Rows) -> dict[str, list[Mapping[str, Any]]]:
    parts: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        parts.setdefault(str(row["kpi"]), []).append(row)
    return parts


def _headline(entry: Mapping[str, Any], trend: Rows, targets: Rows) -> Headline:
    latest = trend[::-1]
    told = [row for row in latest if row["value"] is not None and row["status"] != "partial"]
    if not told:
        status = str(latest[0]["status"]) if latest else _NOTHING_KNOWN
        return Headline(entry, None, None, None, status, None, None, trend)
    shown, earlier = told[0], latest[latest.index(told[0]) + 1 :]
    aims = [row for row in targets if row["month"] == shown["month"]]
    return Headline(
        entry,
        shown["month"],
        shown["value"],
        earlier[0]["value"] if earlier else None,
        str(shown["status"]),
        aims[0]["target"] if aims else None,
        aims[0]["is_met"] if aims else None,
        trend,
    )


def _day(day: date) -> str:
    return f"date '{day.isoformat()}'"


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value
