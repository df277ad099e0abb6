-- The periods in which a person did anything, visited, or had a booked order, and how many periods
-- went by since the one before. Buyers without any id are left out: nobody can see them come back.

with

person_days as (

    select
        'any' as activity,
        person_key,
        signal_date as active_on
    from {{ ref('int_signal_facts') }}
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

person_periods as (

    {% for grain in activity_grains() -%}
    select
        '{{ grain }}' as period_grain,
        activity,
        person_key,
        {{ activity_period_start('active_on', grain) }} as period_start
    from activity_days
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
