-- In every slice, and both out of the sessions that the KPI sessions counts.
with

counts as (

    select
        period_grain,
        period_start,
        dimension,
        dimension_value,
        sum(case when kpi = 'sessions' then numerator end) as sessions,
        sum(case when kpi = 'engaged_session_rate' then numerator end) as engaged,
        sum(case when kpi = 'bounce_rate' then numerator end) as bounced,
        min(denominator) as fewest,
        max(denominator) as most
    from {{ ref('kpi_values') }}
    where
        kpi in ('sessions', 'engaged_session_rate', 'bounce_rate', 'conversion_rate')
        and status <> 'no_input'
    group by
        period_grain,
        period_start,
        dimension,
        dimension_value

)

select *
from counts
where
    engaged + bounced is distinct from sessions
    or fewest is distinct from sessions
    or most is distinct from sessions
