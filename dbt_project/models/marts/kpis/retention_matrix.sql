-- Of the persons active in a period, or active for the first time, how many are so again some
-- periods later. int_activity_calendar says how far each grain is followed.

with

calendar as (

    select * from {{ ref('int_activity_calendar') }}

),

cohort_kinds as (

    select
        'first_activity' as cohort_kind,
        true as is_first_only

    union all

    select
        'every_activity' as cohort_kind,
        false as is_first_only

),

activity_periods as (

    select * from {{ ref('int_activity_periods') }}

),

cohorts as (

    select
        activity_periods.period_grain,
        activity_periods.activity,
        cohort_kinds.cohort_kind,
        activity_periods.period_number,
        count(*) as cohort_persons
    from activity_periods
    inner join cohort_kinds
        on activity_periods.periods_since is null or not cohort_kinds.is_first_only
    group by
        activity_periods.period_grain,
        activity_periods.activity,
        cohort_kinds.cohort_kind,
        activity_periods.period_number

),

-- Both kinds in one pass over the pairs: the first periods are among all of them.
pair_counts as (

    select
        cohort_periods.period_grain,
        cohort_periods.activity,
        cohort_periods.period_number,
        later_periods.period_number as later_number,
        count(*) as every_activity,
        sum(case when cohort_periods.periods_since is null then 1 else 0 end) as first_activity
    from activity_periods as cohort_periods
    inner join calendar
        on
            cohort_periods.period_grain = calendar.period_grain
            and cohort_periods.period_number = calendar.period_number
    inner join activity_periods as later_periods
        on
            cohort_periods.period_grain = later_periods.period_grain
            and cohort_periods.activity = later_periods.activity
            and cohort_periods.person_key = later_periods.person_key
            and cohort_periods.period_number <= later_periods.period_number
            and calendar.last_followed >= later_periods.period_number
    group by
        cohort_periods.period_grain,
        cohort_periods.activity,
        cohort_periods.period_number,
        later_periods.period_number

),

retention_matrix as (

    select
        cohorts.period_grain,
        cohorts.activity,
        cohorts.cohort_kind,
        cohort_calendar.period_start as cohort_start,
        cast(later_calendar.period_number - cohorts.period_number as bigint) as period_offset,
        cohorts.cohort_persons,
        cast(
            coalesce(
                case cohorts.cohort_kind
                    when 'first_activity' then pair_counts.first_activity
                    else pair_counts.every_activity
                end,
                0
            ) as bigint
        ) as persons,
        later_calendar.is_mature
    from cohorts
    inner join calendar as cohort_calendar
        on
            cohorts.period_grain = cohort_calendar.period_grain
            and cohorts.period_number = cohort_calendar.period_number
    inner join calendar as later_calendar
        on
            cohorts.period_grain = later_calendar.period_grain
            and cohorts.period_number <= later_calendar.period_number
            and cohort_calendar.last_followed >= later_calendar.period_number
    left join pair_counts
        on
            cohorts.period_grain = pair_counts.period_grain
            and cohorts.activity = pair_counts.activity
            and cohorts.period_number = pair_counts.period_number
            and later_calendar.period_number = pair_counts.later_number

)

select * from retention_matrix
