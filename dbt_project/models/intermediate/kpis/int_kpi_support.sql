-- Tickets on the date of their opening and the orders that they are set against on theirs, hours on
-- the date of the first response or last resolution that they lead to; chats on the date of their
-- start, answered or not: summed by day and slice before they are told of for KPIs. A sum of
-- nothing is null and counts for no KPI. Times are in microseconds. Over 120 lines, since its facts
-- are of five kinds.
{%- set dimensions = ['country', 'health', 'stage', 'account'] %}

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

sliced_facts as (

    {{ sliced_by_person('support_facts', 'facts.fact_date') }}

),

totals as (

    select
        fact_date,
        {{ slice_of_a_sum(dimensions) }},
        sum(case when fact = 'opening' then 1 end) as tickets,
        sum(case when fact = 'opening' then cast(is_repeated as integer) end) as repeated_tickets,
        sum(case when fact = 'order' then 1 end) as orders,
        sum(case when fact = 'response' then 1 end) as responses,
        sum(case when fact = 'response' then microseconds end) as response_time,
        sum(case when fact = 'resolution' then 1 end) as resolutions,
        sum(case when fact = 'resolution' then microseconds end) as resolution_time,
        sum(case when fact = 'chat' then 1 end) as chats,
        sum(case when fact = 'chat' then cast(microseconds is not null as integer) end)
            as answered_chats,
        sum(case when fact = 'chat' then coalesce(microseconds, 0) end) as answer_time
    from sliced_facts
    group by {{ every_slice('fact_date', dimensions) }}

),

kpi_rows as (

    select
        kpis.kpi,
        totals.fact_date,
        totals.dimension,
        totals.dimension_value,
        cast(
            case kpis.kpi
                when 'tickets_per_100_orders' then 100 * totals.tickets
                when 'repeat_contact_rate_7d' then totals.repeated_tickets
                when 'first_response_hours' then totals.response_time
                when 'resolution_hours' then totals.resolution_time
                when 'chat_answer_rate' then totals.answered_chats
                when 'chat_response_minutes' then totals.answer_time
            end as decimal(28, 10)
        ) as numerator,
        cast(
            case kpis.kpi
                when 'tickets_per_100_orders' then totals.orders
                when 'repeat_contact_rate_7d' then totals.tickets
                when 'first_response_hours' then totals.responses
                when 'resolution_hours' then totals.resolutions
                when 'chat_answer_rate' then totals.chats
                when 'chat_response_minutes' then totals.answered_chats
            end as decimal(28, 10)
        ) as denominator
    from totals
    cross join {{ ref('kpis') }} as kpis
    where kpis.model = 'int_kpi_support'

)

select * from kpi_rows
