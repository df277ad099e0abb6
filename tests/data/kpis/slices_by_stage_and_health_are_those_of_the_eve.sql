-- Orders and sessions, told again from lifecycle_history by the stage and the health that their
-- persons had on the day before: what a person became later moves no slice.
with

default_history as (

    select history.*
    from {{ ref('lifecycle_history') }} as history
    inner join {{ ref('frameworks') }} as frameworks on history.framework = frameworks.framework
    where
        frameworks.is_default
        and frameworks.subject_type = 'person'

),

facts as (

    select
        'orders' as kpi,
        person_key,
        order_date as fact_date
    from {{ ref('int_booked_orders') }}

    union all

    select
        'sessions' as kpi,
        person_key,
        session_date as fact_date
    from {{ ref('int_sessions') }}

),

placed_facts as (

    select
        facts.kpi,
        facts.fact_date,
        coalesce(default_history.stage, 'unknown') as stage,
        coalesce(default_history.health, 'unknown') as health
    from facts
    inner join {{ ref('int_persons') }} as persons on facts.person_key = persons.person_key
    left join default_history
        on
            persons.person_id = default_history.subject_id
            and {{ add_days('facts.fact_date', -1) }} >= default_history.valid_from
            and {{ add_days('facts.fact_date', -1) }}
            < coalesce(default_history.valid_to, cast('9999-12-31' as date))
    where exists (select histories.subject_id from default_history as histories)

),

counted as (

    {% for dimension in ['stage', 'health'] -%}
    select
        kpi,
        fact_date as period_start,
        '{{ dimension }}' as dimension,
        {{ dimension }} as dimension_value,
        count(*) as facts
    from placed_facts
    group by
        kpi,
        fact_date,
        {{ dimension }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select
    kpi_values.kpi,
    kpi_values.period_start,
    kpi_values.dimension,
    kpi_values.dimension_value,
    kpi_values.numerator,
    counted.facts
from {{ ref('kpi_values') }} as kpi_values
left join counted
    on
        kpi_values.kpi = counted.kpi
        and kpi_values.period_start = counted.period_start
        and kpi_values.dimension = counted.dimension
        and kpi_values.dimension_value = counted.dimension_value
where
    kpi_values.kpi in ('orders', 'sessions')
    and kpi_values.period_grain = 'day'
    and kpi_values.dimension in ('stage', 'health')
    and exists (select 1 from default_history)
    and kpi_values.numerator is distinct from counted.facts
