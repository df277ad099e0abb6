-- The days on which customers are scored: every month end before the as-of date since the first
-- fact, and that. The last 24 month ends and today are written.

with

settings as (

    select as_of_date from {{ ref('int_settings') }}

),

month_ends as (

    select {{ add_days('periods.period_end', -1) }} as as_of_date
    from {{ ref('int_periods') }} as periods
    cross join settings
    where
        periods.period_grain = 'month'
        and {{ add_days('periods.period_end', -1) }} < settings.as_of_date

),

days as (

    select * from month_ends

    union all

    select * from settings

),

numbered_days as (

    select
        as_of_date,
        row_number() over (order by as_of_date) as date_no,
        row_number() over (order by as_of_date desc) <= 25 as is_written
    from days

)

select * from numbered_days
