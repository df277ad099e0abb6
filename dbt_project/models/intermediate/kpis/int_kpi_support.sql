-- Tickets on the date of their opening and the orders that they are set against on theirs, hours on
-- the date of the first response or last resolution that they lead to; chats on the date of their
-- start, answered or not. Times are in microseconds.

with

tickets as (

    select * from {{ ref('int_support_tickets') }}

),

support_facts as (

    select
        'opening' as fact,
        tickets.opened_on as fact_date,
        tickets.person_key,
        cast(null as bigint) as microseconds,
        coalesce(
            tickets.next_opened_on
            <= {{ add_days('tickets.opened_on', 'windows.repeat_contact_days') }},
            false
        ) as is_repeated
    from tickets
    cross join {{ ref('int_kpi_windows') }} as windows

    union all

    select
        'order' as fact,
        order_date as fact_date,
        person_key,
        cast(null as bigint) as microseconds,
        false as is_repeated
    from {{ ref('int_booked_orders') }}

    union all

    select
        'response' as fact,
        first_response_on as fact_date,
        person_key,
        response_microseconds as microseconds,
        false as is_repeated
    from tickets
    where first_response_on is not null

    union all

    select
        'resolution' as fact,
        resolved_on as fact_date,
        person_key,
        resolution_microseconds as microseconds,
        false as is_repeated
    from tickets
    where resolved_on is not null

    union all

    select
        'chat' as fact,
        started_on as fact_date,
        person_key,
        answer_microseconds as microseconds,
        false as is_repeated
    from {{ ref('int_chats') }}

),

kpi_rows as (

    select
        kpis.kpi,
        facts.fact_date,
        facts.person_key,
        case kpis.kpi
            when 'tickets_per_100_orders' then case when facts.fact = 'opening' then 100 end
            when 'repeat_contact_rate_7d'
                then case when facts.fact = 'opening' then cast(facts.is_repeated as integer) end
            when 'first_response_hours'
                then case when facts.fact = 'response' then facts.microseconds end
            when 'resolution_hours'
                then case when facts.fact = 'resolution' then facts.microseconds end
            when 'chat_answer_rate'
                then case
                    when facts.fact = 'chat' then cast(facts.microseconds is not null as integer)
                end
            when 'chat_response_minutes'
                then case when facts.fact = 'chat' then coalesce(facts.microseconds, 0) end
        end as numerator,
        case kpis.kpi
            when 'tickets_per_100_orders' then case when facts.fact = 'order' then 1 end
            when 'first_response_hours' then case when facts.fact = 'response' then 1 end
            when 'resolution_hours' then case when facts.fact = 'resolution' then 1 end
            when 'repeat_contact_rate_7d' then case when facts.fact = 'opening' then 1 end
            when 'chat_answer_rate' then case when facts.fact = 'chat' then 1 end
            when 'chat_response_minutes'
                then case
                    when facts.fact = 'chat' then cast(facts.microseconds is not null as integer)
                end
        end as denominator
    from support_facts as facts
    cross join {{ ref('kpis') }} as kpis
    where kpis.model = 'int_kpi_support'

)

select * from kpi_rows
