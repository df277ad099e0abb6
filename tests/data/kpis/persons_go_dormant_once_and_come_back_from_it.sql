-- Over the periods, whoever is active was active before, is new, or resurrects; and the
-- active of one period return in the next or are dormant in it.
with

periods as (

    select
        *,
        new_persons + "returning" + resurrecting as active,
        lag(new_persons + "returning" + resurrecting, 1, 0) over (
            partition by period_grain, activity order by period_start
        ) as active_before,
        sum(new_persons) over (
            partition by period_grain, activity order by period_start
        ) as seen,
        sum(dormant - resurrecting) over (
            partition by period_grain, activity order by period_start
        ) as away
    from {{ ref('activity_lifecycle') }}

)

select
    period_grain,
    period_start,
    activity,
    active,
    active_before,
    seen,
    away
from periods
where
    "returning" + dormant <> active_before
    or active + away <> seen
