-- The periods in which a person did anything, visited, or had a booked order, and how many periods
-- went by since the one before. Buyers without any id are left out: nobody can see them come back.
-- Days are put in order once, for all grains: the first of a period is one whose day before lies in
-- another. Over 120 lines, since the order of days serves every grain.

{% set grains = ['day', 'week', 'week_sunday', 'month', 'quarter', 'year'] %}

with

series as (

    {{ activity_series() }}

),

series_numbers as (

    select
        {% for grain in grains -%}
        max(case when period_grain = '{{ grain }}' then series_no end) as {{ grain }}_series_no,
        {% endfor -%}
        activity
    from series
    group by activity

),

person_days as (

    select
        'any' as activity,
        person_key,
        signal_date as active_on
    from {{ ref('int_person_signals') }}
    group by
        person_key,
        signal_date

    union all

    select
        'visit' as activity,
        person_key,
        event_date as active_on
    from {{ ref('int_session_starts') }}
    group by
        person_key,
        event_date

),

known_person_days as (

    select person_days.*
    from person_days
    inner join {{ ref('int_person_attributes') }} as attributes
        on person_days.person_key = attributes.person_key
    where not attributes.is_guest

),

activity_days as (

    select * from known_person_days

    union all

    select
        'order' as activity,
        person_key,
        order_date as active_on
    from {{ ref('int_customer_order_days') }}

),

ordered_days as (

    select
        *,
        lag(active_on) over (
            partition by activity, person_key
            order by active_on
        ) as previous_active_on
    from activity_days

),

day_numbers as (

    select
        {% for grain in grains -%}
        max(case when calendar.period_grain = '{{ grain }}' then calendar.period_number end)
            as {{ grain }}_number,
        {% endfor -%}
        days.period_start as date
    from {{ ref('int_periods') }} as days
    inner join {{ ref('int_activity_calendar') }} as calendar
        on
            days.period_start >= calendar.period_start
            and days.period_start < calendar.period_end
    where days.period_grain = 'day'
    group by days.period_start

),

numbered_days as (

    select
        ordered_days.person_key,
        {% for grain in grains -%}
        series_numbers.{{ grain }}_series_no,
        numbers.{{ grain }}_number,
        previous_numbers.{{ grain }}_number as previous_{{ grain }}_number,
        {% endfor -%}
        ordered_days.previous_active_on is null as is_first
    from ordered_days
    inner join series_numbers on ordered_days.activity = series_numbers.activity
    inner join day_numbers as numbers on ordered_days.active_on = numbers.date
    left join day_numbers as previous_numbers
        on ordered_days.previous_active_on = previous_numbers.date

),

activity_periods as (

    {% for grain in grains -%}
    select
        {{ grain }}_series_no as series_no,
        person_key,
        {{ grain }}_number as period_number,
        {{ grain }}_number - previous_{{ grain }}_number as periods_since
    from numbered_days
    where is_first or {{ grain }}_number > previous_{{ grain }}_number
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

)

select * from activity_periods
