-- The periods in which a person was active, and how many periods went by since the one before.

with

person_periods as (

    {% for grain in activity_grains() -%}
    select
        '{{ grain }}' as period_grain,
        activity,
        person_key,
        {{ activity_period_start('active_on', grain) }} as period_start
    from {{ ref('int_activity_days') }}
    group by
        activity,
        person_key,
        {{ activity_period_start('active_on', grain) }}
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

numbered_periods as (

    select
        person_periods.*,
        calendar.period_number
    from person_periods
    inner join {{ ref('int_activity_calendar') }} as calendar
        on
            person_periods.period_grain = calendar.period_grain
            and person_periods.period_start = calendar.period_start

),

activity_periods as (

    select
        *,
        period_number - lag(period_number) over active_periods as periods_since,
        lead(period_number) over active_periods - period_number as periods_until
    from numbered_periods
    window active_periods as (
        partition by period_grain, activity, person_key
        order by period_number
    )

)

select * from activity_periods
