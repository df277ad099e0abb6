-- Told again, month by month, from the booked orders and their lines: pieces, discounts, the middle
-- value, what is due, what is left after refunds, and who ordered with an id.
with

lines as (

    select
        order_id,
        sum(quantity) as units
    from {{ ref('stg_order_lines') }}
    group by order_id

),

months as (

    select
        {{ period_start('orders.order_date', 'month') }} as period_start,
        sum(lines.units) as units,
        count(lines.order_id) as orders_with_lines,
        sum(case when source_orders.total_discounts is not null then orders.discount_value end)
            as discounts,
        sum(
            case
                when source_orders.total_discounts is not null
                    then orders.order_value + orders.discount_value
            end
        ) as undiscounted,
        median(orders.order_value) as median_value,
        count(*) filter (
            where orders.delivered_on is not null or orders.delivery_due_on < settings.as_of_date
        ) as due_orders,
        sum(orders.order_value - orders.refunded_value) as kept_value,
        sum(orders.refunded_value) as refunded_value,
        count(*) filter (where not orders.is_guest) as orders_of_customers
    from {{ ref('int_booked_orders') }} as orders
    inner join {{ ref('stg_orders') }} as source_orders on orders.order_id = source_orders.order_id
    cross join {{ ref('int_settings') }} as settings
    left join lines on orders.order_id = lines.order_id
    group by {{ period_start('orders.order_date', 'month') }}

),

expected_values as (

    select
        'units_per_order' as kpi,
        period_start,
        cast(units as decimal(38, 4)) as numerator,
        cast(orders_with_lines as decimal(38, 4)) as denominator
    from months

    union all

    select
        'discount_rate' as kpi,
        period_start,
        cast(discounts as decimal(38, 4)) as numerator,
        cast(undiscounted as decimal(38, 4)) as denominator
    from months

    union all

    select
        'median_order_value' as kpi,
        period_start,
        cast(round(median_value, 4) as decimal(38, 4)) as numerator,
        cast(null as decimal(38, 4)) as denominator
    from months

    union all

    select
        'on_time_delivery_rate' as kpi,
        period_start,
        cast(null as decimal(38, 4)) as numerator,
        cast(due_orders as decimal(38, 4)) as denominator
    from months

    union all

    select
        'net_average_order_value' as kpi,
        period_start,
        cast(kept_value as decimal(38, 4)) as numerator,
        cast(null as decimal(38, 4)) as denominator
    from months

    union all

    select
        'refunded_amount_rate' as kpi,
        period_start,
        cast(refunded_value as decimal(38, 4)) as numerator,
        cast(null as decimal(38, 4)) as denominator
    from months

    union all

    select
        'orders_per_customer' as kpi,
        period_start,
        cast(orders_of_customers as decimal(38, 4)) as numerator,
        cast(null as decimal(38, 4)) as denominator
    from months

)

select
    kpi_values.kpi,
    kpi_values.period_start,
    kpi_values.numerator,
    kpi_values.denominator,
    expected_values.numerator as expected_numerator,
    expected_values.denominator as expected_denominator
from {{ ref('kpi_values') }} as kpi_values
inner join expected_values
    on
        kpi_values.kpi = expected_values.kpi
        and kpi_values.period_start = expected_values.period_start
where
    kpi_values.period_grain = 'month'
    and kpi_values.dimension = 'all'
    and (
        -- The middle of two values may be rounded either way.
        abs(kpi_values.numerator - expected_values.numerator) > 0.0001
        or kpi_values.denominator <> expected_values.denominator
    )
