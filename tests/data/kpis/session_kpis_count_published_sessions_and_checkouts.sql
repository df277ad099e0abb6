-- Told again from the published sessions and checkouts: nothing is lost or doubled on the way.
with

sessions as (

    select
        started_on as period_start,
        'conversion_rate' as kpi,
        count(*) as denominator,
        count(*) filter (where orders > 0) as numerator
    from {{ ref('sessions') }}
    group by started_on

    union all

    select
        started_on as period_start,
        'checkout_completion_rate' as kpi,
        count(*) as denominator,
        count(*) filter (where outcome = 'completed') as numerator
    from {{ ref('checkout_outcomes') }}
    group by started_on

)

select
    kpi_values.kpi,
    kpi_values.period_start,
    kpi_values.numerator,
    kpi_values.denominator,
    sessions.numerator as counted_numerator,
    sessions.denominator as counted_denominator
from {{ ref('kpi_values') }} as kpi_values
left join sessions
    on
        kpi_values.kpi = sessions.kpi
        and kpi_values.period_start = sessions.period_start
where
    kpi_values.kpi in ('conversion_rate', 'checkout_completion_rate')
    and kpi_values.period_grain = 'day'
    and kpi_values.dimension = 'all'
    and kpi_values.status <> 'no_input'
    and (
        kpi_values.numerator <> coalesce(sessions.numerator, 0)
        or kpi_values.denominator <> coalesce(sessions.denominator, 0)
    )
