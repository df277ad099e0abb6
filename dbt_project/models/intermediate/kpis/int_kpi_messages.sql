-- Messages, all on the date of their delivery.

with

kpi_rows as (

    select
        kpis.kpi,
        messages.fact_date,
        messages.person_key,
        case kpis.kpi
            when 'email_open_rate' then cast(messages.opened_at is not null as integer)
            when 'email_click_rate' then cast(messages.clicked_at is not null as integer)
            when 'unsubscribe_rate' then cast(messages.unsubscribed_at is not null as integer)
        end as numerator,
        case kpis.kpi
            when 'email_open_rate' then 1
            when 'email_click_rate' then 1
            when 'unsubscribe_rate' then 1
        end as denominator
    from {{ ref('int_message_outcomes') }} as messages
    cross join {{ ref('kpis') }} as kpis
    where kpis.model = 'int_kpi_messages'

)

select * from kpi_rows
