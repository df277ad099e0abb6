-- Active users of a day are the persons with a visit event on it, new leads of all days the persons
-- with a lead; a month's stickiness spreads the users of its days over all of them.
with

persons_of_days as (

    select
        events.event_date as period_start,
        count(distinct events.person_key) as persons
    from {{ ref('int_events') }} as events
    inner join {{ ref('int_settings') }} as settings on events.event_date <= settings.as_of_date
    where events.is_visit
    group by events.event_date

),

days as (

    select
        kpi_values.period_start,
        {{ period_start('kpi_values.period_start', 'month') }} as month,
        kpi_values.numerator as active_users,
        coalesce(persons_of_days.persons, 0) as persons
    from {{ ref('kpi_values') }} as kpi_values
    left join persons_of_days on kpi_values.period_start = persons_of_days.period_start
    where
        kpi_values.kpi = 'active_users'
        and kpi_values.period_grain = 'day'
        and kpi_values.dimension = 'all'
        and kpi_values.status <> 'no_input'

),

months as (

    select
        month as period_start,
        round(sum(active_users) / count(*), 4) as mean_users
    from days
    group by month

),

leads as (

    select count(distinct person_key) as persons
    from {{ ref('int_person_signals_by_name') }}
    where signal = 'lead'

),

new_leads as (

    select
        period_grain,
        sum(numerator) as persons
    from {{ ref('kpi_values') }}
    where
        kpi = 'lead_count'
        and dimension = 'all'
        and status <> 'no_input'
    group by period_grain

)

select
    'active_users' as kpi,
    period_start,
    active_users as told,
    persons as counted
from days
where active_users <> persons

union all

select
    stickiness.kpi,
    stickiness.period_start,
    stickiness.numerator as told,
    months.mean_users as counted
from {{ ref('kpi_values') }} as stickiness
inner join months on stickiness.period_start = months.period_start
where
    stickiness.kpi = 'stickiness'
    and stickiness.period_grain = 'month'
    and stickiness.dimension = 'all'
    and stickiness.status <> 'no_input'
    and {{ history_is_whole() }}
    -- The mean is rounded here.
    and abs(stickiness.numerator - months.mean_users) > 0.0001

union all

select
    'lead_count' as kpi,
    cast(null as date) as period_start,
    new_leads.persons as told,
    leads.persons as counted
from new_leads
cross join leads
where
    new_leads.persons <> leads.persons
    and {{ history_is_whole() }}
