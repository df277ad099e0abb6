-- Who came in each period: one row per person with an event, so that a person is counted once
-- however often it came.

with

visit_days as (

    select
        person_key,
        session_date
    from {{ ref('int_sessions') }}
    group by
        person_key,
        session_date

),

-- A session has events of its person on its date: no day has a visit and no event.
person_days as (

    select
        active_days.person_key,
        active_days.event_date as date,
        visit_days.person_key is not null as is_visit
    from {{ ref('int_active_days') }} as active_days
    left join visit_days
        on
            active_days.person_key = visit_days.person_key
            and active_days.event_date = visit_days.session_date

),

sets as (

    {% for grain in period_grains() -%}
    select
        '{{ grain }}' as period_grain,
        {{ period_start('date', grain) }} as period_start,
        person_key,
        count(*) as active_days,
        max(case when is_visit then 1 end) as visitors
    from person_days
    group by
        {{ period_start('date', grain) }},
        person_key
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

)

select * from sets
