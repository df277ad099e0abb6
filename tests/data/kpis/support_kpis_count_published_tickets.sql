-- Told again from the published tickets: openings, hours to the first response and to the last
-- resolution, each on its own day.
with

counted_tickets as (

    select
        'tickets_per_100_orders' as kpi,
        opened_on as period_start,
        100 * count(*) as numerator,
        cast(null as bigint) as denominator
    from {{ ref('support_tickets') }}
    group by opened_on

    union all

    select
        'first_response_hours' as kpi,
        first_response_on as period_start,
        sum(response_hours) as numerator,
        count(*) as denominator
    from {{ ref('support_tickets') }}
    where first_response_on is not null
    group by first_response_on

    union all

    select
        'resolution_hours' as kpi,
        resolved_on as period_start,
        sum(resolution_hours) as numerator,
        count(*) as denominator
    from {{ ref('support_tickets') }}
    where resolved_on is not null
    group by resolved_on

)

select
    kpi_values.kpi,
    kpi_values.period_start,
    kpi_values.numerator,
    kpi_values.denominator,
    counted_tickets.numerator as counted_numerator,
    counted_tickets.denominator as counted_denominator
from {{ ref('kpi_values') }} as kpi_values
left join counted_tickets
    on
        kpi_values.kpi = counted_tickets.kpi
        and kpi_values.period_start = counted_tickets.period_start
where
    kpi_values.kpi in ('tickets_per_100_orders', 'first_response_hours', 'resolution_hours')
    and kpi_values.period_grain = 'day'
    and kpi_values.dimension = 'all'
    and kpi_values.status <> 'no_input'
    and (
        -- Hours are rounded once per ticket here.
        abs(kpi_values.numerator - coalesce(counted_tickets.numerator, 0))
        > 0.0000000001 * coalesce(counted_tickets.denominator, 0)
        or (
            kpi_values.kpi <> 'tickets_per_100_orders'
            and kpi_values.denominator <> coalesce(counted_tickets.denominator, 0)
        )
    )
