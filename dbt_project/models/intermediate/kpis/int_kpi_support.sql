-- Tickets on the date of their opening and the orders that they are set against on theirs, hours on
-- the date of the first response or last resolution that they lead to.

with

tickets as (

    select * from {{ ref('int_support_tickets') }}

),

support_facts as (

    select
        'opening' as fact,
        opened_on as fact_date,
        person_key,
        cast(null as decimal(18, 4)) as hours
    from tickets

    union all

    select
        'order' as fact,
        order_date as fact_date,
        person_key,
        cast(null as decimal(18, 4)) as hours
    from {{ ref('int_booked_orders') }}

    union all

    select
        'response' as fact,
        first_response_on as fact_date,
        person_key,
        response_hours as hours
    from tickets
    where first_response_on is not null

    union all

    select
        'resolution' as fact,
        resolved_on as fact_date,
        person_key,
        resolution_hours as hours
    from tickets
    where resolved_on is not null

),

kpi_rows as (

    select
        kpis.kpi,
        facts.fact_date,
        facts.person_key,
        case kpis.kpi
            when 'tickets_per_100_orders' then case when facts.fact = 'opening' then 100 end
            when 'first_response_hours' then case when facts.fact = 'response' then facts.hours end
            when 'resolution_hours' then case when facts.fact = 'resolution' then facts.hours end
        end as numerator,
        case kpis.kpi
            when 'tickets_per_100_orders' then case when facts.fact = 'order' then 1 end
            when 'first_response_hours' then case when facts.fact = 'response' then 1 end
            when 'resolution_hours' then case when facts.fact = 'resolution' then 1 end
        end as denominator
    from support_facts as facts
    cross join {{ ref('kpis') }} as kpis
    where kpis.model = 'int_kpi_support'

)

select * from kpi_rows
