-- New, returning, resurrecting and dormant persons, as product analytics counts them: every active
-- person is one of the first three, and goes dormant once, in the first period without activity:
-- those of a period who do not return in the next.

with

calendar as (

    select * from {{ ref('int_activity_calendar') }}

),

series as (

    {{ activity_series() }}

),

active_persons as (

    select
        series_no,
        period_number,
        count(*) as persons,
        sum(case when periods_since is null then 1 else 0 end) as new_persons,
        sum(case when periods_since = 1 then 1 else 0 end) as returning_persons
    from {{ ref('int_activity_periods') }}
    group by
        series_no,
        period_number

),

counted_persons as (  -- noqa: ST03

    select
        calendar.period_grain,
        calendar.period_start,
        series.activity,
        cast(coalesce(active_persons.new_persons, 0) as bigint) as new_persons,
        cast(coalesce(active_persons.returning_persons, 0) as bigint) as returning_persons,
        coalesce(active_persons.persons, 0) as persons,
        coalesce(
            lag(active_persons.persons) over (
                partition by series.series_no
                order by calendar.period_number
            ),
            0
        ) as persons_before,
        calendar.is_mature
    from calendar
    inner join series on calendar.period_grain = series.period_grain
    left join active_persons
        on
            series.series_no = active_persons.series_no
            and calendar.period_number = active_persons.period_number

),

activity_lifecycle as (

    select
        period_grain,
        period_start,
        activity,
        new_persons,
        returning_persons as returning,  -- noqa: PRS, LT02
        persons - new_persons - returning_persons as resurrecting,
        persons_before - returning_persons as dormant,
        is_mature
    from counted_persons

)

select * from activity_lifecycle
