-- Of the persons active in a period, or active for the first time, how many are so again some
-- periods later. int_activity_calendar says how far each grain is followed. Over 120 lines, since
-- the pairs, which are many, are counted by numbers and told by names.

with

calendar as (

    select * from {{ ref('int_activity_calendar') }}

),

series as (

    {{ activity_series() }}

),

followed_series as (

    select
        series.series_no,
        calendar.period_number,
        calendar.last_followed
    from series
    inner join calendar on series.period_grain = calendar.period_grain

),

series_periods as (

    select
        activity_periods.series_no,
        activity_periods.person_key,
        activity_periods.period_number,
        case when activity_periods.periods_since is null then 1 else 0 end as is_first,
        followed_series.last_followed
    from {{ ref('int_activity_periods') }} as activity_periods
    inner join followed_series
        on
            activity_periods.series_no = followed_series.series_no
            and activity_periods.period_number = followed_series.period_number

),

-- Both kinds in one pass over the pairs: the first periods are among all of them.
pair_counts as (

    select
        cohort_periods.series_no,
        cohort_periods.period_number,
        later_periods.period_number as later_number,
        count(*) as every_activity,
        sum(cohort_periods.is_first) as first_activity
    from series_periods as cohort_periods
    inner join series_periods as later_periods
        on
            cohort_periods.series_no = later_periods.series_no
            and cohort_periods.person_key = later_periods.person_key
            and cohort_periods.period_number <= later_periods.period_number
            and cohort_periods.last_followed >= later_periods.period_number
    group by
        cohort_periods.series_no,
        cohort_periods.period_number,
        later_periods.period_number

),

period_counts as (

    select
        series_no,
        period_number,
        count(*) as every_activity,
        sum(is_first) as first_activity
    from series_periods
    group by
        series_no,
        period_number

),

cohorts as (

    select
        series_no,
        'every_activity' as cohort_kind,
        period_number,
        every_activity as cohort_persons
    from period_counts

    union all

    select
        series_no,
        'first_activity' as cohort_kind,
        period_number,
        first_activity as cohort_persons
    from period_counts
    where first_activity > 0

),

retention_matrix as (

    select
        series.period_grain,
        series.activity,
        cohorts.cohort_kind,
        cohort_calendar.period_start as cohort_start,
        cast(later_calendar.period_number - cohorts.period_number as bigint) as period_offset,
        cast(cohorts.cohort_persons as bigint) as cohort_persons,
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
    inner join series on cohorts.series_no = series.series_no
    inner join calendar as cohort_calendar
        on
            series.period_grain = cohort_calendar.period_grain
            and cohorts.period_number = cohort_calendar.period_number
    inner join calendar as later_calendar
        on
            series.period_grain = later_calendar.period_grain
            and cohorts.period_number <= later_calendar.period_number
            and cohort_calendar.last_followed >= later_calendar.period_number
    left join pair_counts
        on
            cohorts.series_no = pair_counts.series_no
            and cohorts.period_number = pair_counts.period_number
            and later_calendar.period_number = pair_counts.later_number

)

select * from retention_matrix
