-- The rates and the abandoned value of kpi_values, told again from the published carts.
with

carts as (

    select
        {{ period_start('created_on', 'month') }} as period_start,
        count(*) filter (where outcome <> 'open') as decided,
        count(*) filter (where outcome in ('abandoned', 'recovered')) as abandoned,
        count(*) filter (where outcome = 'recovered') as recovered,
        sum(cart_value) filter (where outcome in ('abandoned', 'recovered')) as abandoned_value
    from {{ ref('cart_outcomes') }}
    group by {{ period_start('created_on', 'month') }}

)

select
    kpi_values.kpi,
    kpi_values.period_start,
    kpi_values.numerator,
    kpi_values.denominator
from {{ ref('kpi_values') }} as kpi_values
left join carts on kpi_values.period_start = carts.period_start
where
    kpi_values.kpi in ('cart_abandonment_rate', 'cart_recovery_rate', 'cart_value_abandoned')
    and kpi_values.period_grain = 'month'
    and kpi_values.dimension = 'all'
    and kpi_values.status <> 'no_input'
    and (
        kpi_values.numerator <> case kpi_values.kpi
            when 'cart_abandonment_rate' then coalesce(carts.abandoned, 0)
            when 'cart_value_abandoned' then coalesce(carts.abandoned_value, 0)
            else coalesce(carts.recovered, 0)
        end
        or kpi_values.denominator <> case kpi_values.kpi
            when 'cart_abandonment_rate' then coalesce(carts.decided, 0)
            else coalesce(carts.abandoned, 0)
        end
    )
