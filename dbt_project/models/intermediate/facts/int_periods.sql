-- Every period that KPIs speak of, from the first fact to the as-of date. The last one of a grain
-- may not be over yet. A fact is a signal or a row of channel_daily; an event that is no visit and
-- feeds nothing is none.

with

settings as (

    select as_of_date from {{ ref('int_settings') }}

),

first_days as (

    select min(first_seen_on) as first_on from {{ ref('int_first_seen') }}

    union all

    select min(channel_daily.date) as first_on
    from {{ ref('stg_channel_daily') }} as channel_daily
    cross join settings
    where channel_daily.date <= settings.as_of_date

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
