-- Sessions, all on the date on which they start: many, so they are summed by day and slice before
-- they are told of for KPIs. A sum of nothing is null and counts for no KPI.
{%- set dimensions = ['channel', 'country', 'health', 'stage', 'account'] %}

with

sessions as (

    {{ sliced_by_person(ref('int_session_outcomes'), 'facts.fact_date') }}

),

totals as (

    select
        fact_date,
        {{ slice_of_a_sum(dimensions) }},
        count(*) as sessions,
        count(case when is_engaged then 1 end) as engaged_sessions,
        count(case when orders > 0 then 1 end) as converted_sessions,
        sum(case when has_checkout then 1 end) as checkouts,
        sum(case when checkout_order_id is not null then 1 end) as completed_checkouts,
        sum(case when has_help_view then 1 end) as help_views,
        sum(case when has_help_view and not has_asked_after_help then 1 end) as enough_help_views
    from sessions
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
                when 'sessions' then totals.sessions
                when 'engaged_session_rate' then totals.engaged_sessions
                when 'bounce_rate' then totals.sessions - totals.engaged_sessions
                when 'conversion_rate' then totals.converted_sessions
                when 'checkout_completion_rate' then totals.completed_checkouts
                when 'self_service_rate' then totals.enough_help_views
            end as decimal(28, 10)
        ) as numerator,
        cast(
            case kpis.kpi
                when 'engaged_session_rate' then totals.sessions
                when 'bounce_rate' then totals.sessions
                when 'conversion_rate' then totals.sessions
                when 'checkout_completion_rate' then totals.checkouts
                when 'self_service_rate' then totals.help_views
            end as decimal(28, 10)
        ) as denominator,
        case kpis.kpi when 'sessions' then totals.sessions end as sample_size
    from totals
    cross join {{ ref('kpis') }} as kpis
    where kpis.model = 'int_kpi_sessions'

)

select * from kpi_rows
