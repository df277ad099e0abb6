-- Messages, all on the date of their delivery, summed by day and slice before they are told of for
-- KPIs.
{%- set dimensions = ['country', 'health', 'stage', 'account'] %}

with

messages as (

    {{ sliced_by_person(ref('int_message_outcomes'), 'facts.fact_date') }}

),

totals as (

    select
        fact_date,
        {{ slice_of_a_sum(dimensions) }},
        count(*) as messages,
        count(opened_at) as opened_messages,
        count(clicked_at) as clicked_messages,
        count(unsubscribed_at) as last_messages
    from messages
    group by {{ every_slice('fact_date', dimensions) }}

),

kpi_rows as (

    select
        kpis.kpi,
        totals.fact_date,
        totals.dimension,
        totals.dimension_value,
        case kpis.kpi
            when 'email_open_rate' then totals.opened_messages
            when 'email_click_rate' then totals.clicked_messages
            when 'unsubscribe_rate' then totals.last_messages
        end as numerator,
        case kpis.kpi
            when 'email_open_rate' then totals.messages
            when 'email_click_rate' then totals.messages
            when 'unsubscribe_rate' then totals.messages
        end as denominator
    from totals
    cross join {{ ref('kpis') }} as kpis
    where kpis.model = 'int_kpi_messages'

)

select * from kpi_rows
