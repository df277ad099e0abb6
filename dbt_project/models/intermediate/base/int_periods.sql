-- Every period that KPIs speak of, from the first fact to the as-of date. The last one of a
-- grain may not be over yet.

with

settings as (

    select as_of_date from {{ ref('int_settings') }}

),

first_days as (

    select min(signal_date) as first_on from {{ ref('int_signal_days') }}

    union all

    select min(date) as first_on from {{ ref('stg_channel_daily') }}

),

days as (

    select {{ unnest_dates('first_day.first_on', 'first_day.as_of_date') }} as date
    from (
        select
            min(first_days.first_on) as first_on,
            max(settings.as_of_date) as as_of_date
        from first_days
        cross join settings
    ) as first_day

),

periods as (

    {% for grain in period_grains() -%}
    select
        '{{ grain }}' as period_grain,
        {{ period_start('date', grain) }} as period_start,
        {{ next_period_start(period_start('date', grain), grain) }} as period_end
    from days
    group by {{ period_start('date', grain) }}
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

)

select * from periods
