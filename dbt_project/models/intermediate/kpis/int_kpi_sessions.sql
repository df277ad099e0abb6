-- Sessions, all on the date on which they start.

with

kpi_rows as (

    select
        kpis.kpi,
        sessions.fact_date,
        sessions.person_key,
        sessions.channel,
        case kpis.kpi
            when 'sessions' then 1
            when 'engaged_session_rate' then cast(sessions.is_engaged as integer)
            when 'bounce_rate' then cast(not sessions.is_engaged as integer)
            when 'conversion_rate' then cast(sessions.orders > 0 as integer)
            when 'checkout_completion_rate'
                then case when sessions.checkout_order_id is not null then 1 end
            when 'self_service_rate'
                then case
                    when sessions.has_help_view and not sessions.has_asked_after_help then 1
                end
        end as numerator,
        case kpis.kpi
            when 'engaged_session_rate' then 1
            when 'bounce_rate' then 1
            when 'conversion_rate' then 1
            when 'checkout_completion_rate' then case when sessions.has_checkout then 1 end
            when 'self_service_rate' then case when sessions.has_help_view then 1 end
        end as denominator
    from {{ ref('int_session_outcomes') }} as sessions
    cross join {{ ref('kpis') }} as kpis
    where kpis.model = 'int_kpi_sessions'

)

select * from kpi_rows
