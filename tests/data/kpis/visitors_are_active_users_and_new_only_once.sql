-- Nobody visits without an event, and nobody is new twice: over all time the new visitors are the
-- persons with a session.
with

visitors as (

    select count(*) as persons
    from (
        select subject_id
        from {{ ref('sessions') }}
        group by subject_id
    ) as persons

),

new_visitors as (

    select
        period_grain,
        sum(numerator) as persons
    from {{ ref('kpi_values') }}
    where
        kpi = 'new_visitors'
        and dimension = 'all'
        and status <> 'no_input'
    group by period_grain

),

periods as (

    select
        period_grain,
        period_start,
        sum(case when kpi = 'visitors' then numerator end) as visitors,
        sum(case when kpi = 'active_users' then numerator end) as active_users,
        sum(case when kpi = 'new_visitors' then numerator end) as new_visitors
    from {{ ref('kpi_values') }}
    where
        kpi in ('visitors', 'active_users', 'new_visitors')
        and dimension = 'all'
        and status <> 'no_input'
    group by
        period_grain,
        period_start

)

select
    new_visitors.period_grain,
    cast(null as date) as period_start,
    new_visitors.persons as found,
    visitors.persons as expected
from new_visitors
cross join visitors
where
    new_visitors.persons <> visitors.persons
    and {{ history_is_whole() }}

union all

select
    period_grain,
    period_start,
    visitors as found,
    active_users as expected
from periods
where
    visitors > active_users
    or new_visitors > visitors
