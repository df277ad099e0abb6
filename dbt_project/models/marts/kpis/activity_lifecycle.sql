-- New, returning, resurrecting and dormant persons, as product analytics counts them: every active
-- person is one of the first three, and goes dormant once, in the first period without activity.

with

calendar as (

    select * from {{ ref('int_activity_calendar') }}

),

activities as (

    select 'any' as activity

    union all

    select 'visit' as activity

    union all

    select 'order' as activity

),

steps as (

    select
        period_grain,
        activity,
        period_number,
        case when periods_since is null then 1 else 0 end as new_persons,
        case when periods_since = 1 then 1 else 0 end as returning_persons,
        case when periods_since > 1 then 1 else 0 end as resurrecting,
        0 as dormant
    from {{ ref('int_activity_periods') }}

    union all

    select
        period_grain,
        activity,
        period_number + 1 as period_number,
        0 as new_persons,
        0 as returning_persons,
        0 as resurrecting,
        1 as dormant
    from {{ ref('int_activity_periods') }}
    where coalesce(periods_until, 2) > 1

),

counted_persons as (  -- noqa: ST03

    select
        calendar.period_grain,
        calendar.period_start,
        activities.activity,
        cast(coalesce(sum(steps.new_persons), 0) as bigint) as new_persons,
        cast(coalesce(sum(steps.returning_persons), 0) as bigint) as returning_persons,
        cast(coalesce(sum(steps.resurrecting), 0) as bigint) as resurrecting,
        cast(coalesce(sum(steps.dormant), 0) as bigint) as dormant,
        calendar.is_mature
    from calendar
    cross join activities
    left join steps
        on
            calendar.period_grain = steps.period_grain
            and calendar.period_number = steps.period_number
            and activities.activity = steps.activity
    group by
        calendar.period_grain,
        calendar.period_start,
        activities.activity,
        calendar.is_mature

),

activity_lifecycle as (

    select
        period_grain,
        period_start,
        activity,
        new_persons,
        returning_persons as returning,  -- noqa: PRS, LT02
        resurrecting,
        dormant,
        is_mature
    from counted_persons

)

select * from activity_lifecycle
