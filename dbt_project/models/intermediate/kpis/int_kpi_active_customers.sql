-- Active customers before and at the end of a period, and who came and went in between:
-- end = start − lost + gained + reactivated.

with

kpis as (

    select * from {{ ref('kpis') }}
    where model = 'int_kpi_active_customers'

),

stock_rows as (

    select
        kpis.kpi,
        health.valid_from,
        health.valid_to,
        kpis.kpi = 'active_customers_start' as is_opening,
        health.person_key,
        case kpis.kpi
            when 'active_customers_start' then 1
            when 'active_customers_end' then 1
        end as numerator
    from {{ ref('int_customer_health') }} as health
    cross join kpis
    where health.is_active

),

move_rows as (

    select
        kpis.kpi,
        changes.period_grain,
        changes.period_start,
        changes.person_key,
        case
            when
                kpis.kpi = 'active_customers_gained'
                and changes.is_active
                and changes.health_at_start in ('unseen', 'prospect', 'cold')
                then 1
            when
                kpis.kpi = 'active_customers_reactivated'
                and changes.is_active
                and changes.health_at_start = 'lapsed'
                then 1
            when
                kpis.kpi = 'active_customers_lost'
                and changes.was_active
                and not changes.is_active
                then 1
            when
                kpis.kpi = 'active_customers_voided'
                and changes.was_active
                and changes.health_at_end in ('prospect', 'cold')
                then 1
        end as numerator
    from {{ ref('int_customer_health_changes') }} as changes
    cross join kpis

),

kpi_rows as (

    {{ union_by_name(['stock_rows', 'move_rows']) }}

)

select * from kpi_rows
