-- Every period that KPIs and marts speak of, from the first fact, a signal or a row of
-- channel_daily, to the as-of date. The last one of a grain may not be over yet. KPIs are written
-- of those that end within `kpi_history_days` of the as-of date.

with

settings as (

    select
        as_of_date,
        {{ add_days('as_of_date', '-' ~ var('kpi_history_days')) }} as history_from
    from {{ ref('int_settings') }}

),

first_days as (

    select min(first_seen_on) as first_on
    from {{ ref('int_first_seen') }}

    union all

    select min(channel_daily.date) as first_on
    from {{ ref('stg_channel_daily') }} as channel_daily
    cross join settings
    where channel_daily.date <= settings.as_of_date

),

days as (

    select
        first_day.history_from,
        {{ unnest_dates('first_day.first_on', 'first_day.as_of_date') }} as date
    from (
        select
            min(first_days.first_on) as first_on,
            max(settings.as_of_date) as as_of_date,
            max(settings.history_from) as history_from
        from first_days
        cross join settings
    ) as first_day

),

periods as (

    {% for grain in period_grains() -%}
    select
        '{{ grain }}' as period_grain,
        {{ period_start('date', grain) }} as period_start,
        {{ period_end('date', grain) }} as period_end,
        max(date) >= max(history_from) as is_written
    from days
    group by {{ period_start('date', grain) }}
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

)

select * from periods
