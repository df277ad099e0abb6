"""What the page *Today* asks: who stands where, and what the last week changed."""

from __future__ import annotations

from datetime import timedelta

from orchestration.pictures.published import Published, Rows

WEEK = timedelta(days=7)


def stages_since(published: Published, framework: str) -> Rows:
    """Subjects by stage on the as-of date and a week before, stages in their order.

    Before the first day of all nothing is known, which is not the same as nobody.
    """
    return published.rows(
        """
        select stages.stage,
            coalesce(sum(daily.subjects) filter (daily.date = $today), 0) as now,
            case when $before >= (select min(date) from marts.stage_daily)
                then coalesce(sum(daily.subjects) filter (daily.date = $before), 0) end as before
        from marts.stages
        left join marts.stage_daily as daily
            on stages.framework = daily.framework and stages.stage = daily.stage
                and daily.date in ($today, $before)
        where stages.framework = $framework
        group by stages.stage, stages.ordinal order by stages.ordinal
        """,
        framework=framework,
        today=published.build.as_of_date,
        before=published.build.as_of_date - WEEK,
    )


def healths_since(published: Published, framework: str) -> Rows:
    """Subjects by health on the as-of date and a week before, healths in their order."""
    return published.rows(
        """
        select healths.health,
            coalesce(sum(daily.subjects) filter (daily.date = $today), 0) as now,
            case when $before >= (select min(date) from marts.stage_daily)
                then coalesce(sum(daily.subjects) filter (daily.date = $before), 0) end as before
        from marts.health_states as healths
        left join marts.stage_daily as daily
            on healths.health = daily.health and daily.framework = $framework
                and daily.date in ($today, $before)
        group by healths.health, healths.ordinal order by healths.ordinal
        """,
        framework=framework,
        today=published.build.as_of_date,
        before=published.build.as_of_date - WEEK,
    )


def movements(published: Published, framework: str) -> Rows:
    """Changes of stage of the last seven days, by kind; an unknown kind is none."""
    return published.rows(
        """
        select movement, count(*) as changes, count(distinct subject_id) as subjects
        from marts.stage_transitions
        where framework = $framework and changed_on > $before and movement <> 'health_only'
        group by movement order by movement
        """,
        framework=framework,
        before=published.build.as_of_date - WEEK,
    )
