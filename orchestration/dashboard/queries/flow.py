"""What the page *Flow* asks: who went from where to where, how long it takes, what it is worth."""

from __future__ import annotations

from datetime import date

from orchestration.pictures.published import Published, Rows


def months(published: Published, framework: str) -> list[date]:
    """Finished months with anybody in them, the latest first."""
    rows = published.rows(
        """
        select distinct month from marts.stage_flow_monthly
        where framework = $framework order by month desc
        """,
        framework=framework,
    )
    return [row["month"] for row in rows]


def moves(published: Published, framework: str, month: date) -> Rows:
    """Subjects from stage to stage in a month, those who stayed included; `new` was unseen."""
    return published.rows(
        """
        with moved as (
            select from_stage, to_stage, cast(sum(subjects) as bigint) as subjects
            from marts.stage_flow_monthly where framework = $framework and month = $month
            group by from_stage, to_stage having sum(subjects) > 0
        )
        select moved.*, subjects / sum(subjects) over (partition by from_stage) as share
        from moved order by from_stage, to_stage
        """,
        framework=framework,
        month=month,
    )


def stage_kpi(published: Published, framework: str, kpi: str) -> Rows:
    """The last month in which a KPI of stages has a number, by stage in their order."""
    return published.rows(
        """
        select stages.stage, values_.period_start as month, values_.value, values_.sample_size
        from marts.stages
        left join marts.kpi_values as values_
            on values_.kpi = $kpi and values_.period_grain = 'month' and values_.status = 'ok'
                and values_.dimension = 'stage:' || stages.framework
                and values_.dimension_value = stages.stage and values_.value is not null
        where stages.framework = $framework
        qualify row_number() over (
            partition by stages.stage order by values_.period_start desc nulls last
        ) = 1
        order by stages.ordinal
        """,
        framework=framework,
        kpi=kpi,
    )


def odds(published: Published, framework: str) -> Rows:
    """What became of those who stood in a stage within 30 days, and what a step is worth.

    Nobody can advance from the highest stage or fall back from the lowest: no share, not none.
    """
    return published.rows(
        """
        with ends as (
            select min(ordinal) as lowest, max(ordinal) as highest
            from marts.stages where framework = $framework
        )

        select stages.stage, sum(odds.subjects) as subjects,
            case when stages.ordinal < any_value(ends.highest) or sum(odds.advanced) > 0
                then sum(odds.advanced) / nullif(sum(odds.subjects), 0) end as advanced,
            case when stages.ordinal > any_value(ends.lowest) or sum(odds.fell_back) > 0
                then sum(odds.fell_back) / nullif(sum(odds.subjects), 0) end as fell_back,
            sum(odds.lapsed) / nullif(sum(odds.subjects), 0) as lapsed,
            sum(odds.value_to_advance) as value_to_advance
        from marts.stages
        inner join marts.stage_odds as odds
            on stages.framework = odds.framework and stages.stage = odds.stage
        cross join ends
        where stages.framework = $framework
        group by stages.stage, stages.ordinal order by stages.ordinal
        """,
        framework=framework,
    )
