-- Month by month and, for what a channel has, channel by channel: what the booked orders of the
-- mart add up to is what the KPIs of the same name say. Refunds have days of their own, so that
-- they and net revenue are compared over all there ever was.

{{ config(meta={'dagster': {'ref': {'name': 'orders'}}}) }}

with

booked_orders as (

    select
        *,
        {{ period_start('ordered_on', 'month') }} as month,
        starts_with(subject_id, 'visitor:order:') as is_guest
    from {{ ref('orders') }}
    where is_booked

),

dimensions as (

    select
        *,
        'all' as dimension,
        'all' as dimension_value
    from booked_orders

    union all

    select
        *,
        'channel' as dimension,
        channel as dimension_value
    from booked_orders

),

months as (

    select
        month,
        dimension,
        dimension_value,
        count(*) as orders,
        sum(gross_revenue) as gross_revenue,
        sum(gross_revenue - refunded_amount) as kept_revenue,
        sum(refunded_amount) as refunded_amount,
        sum(discount_amount) as discounts,
        sum(gross_revenue + discount_amount) as undiscounted,
        sum(units) as units,
        count(units) as orders_with_units,
        count(*) filter (where coupon_code is not null) as coupon_orders,
        count(*) filter (where is_guest) as guest_orders,
        count(*) filter (where is_first_order and not is_guest) as new_customers,
        count(*) filter (where not is_late) as timely_orders,
        count(is_late) as due_orders,
        cast(null as integer) as nothing
    from dimensions
    group by
        month,
        dimension,
        dimension_value

),

expected_values as (

    {% for kpi, numerator, denominator in [
        ('orders', 'orders', 'nothing'),
        ('gross_revenue', 'gross_revenue', 'nothing'),
        ('average_order_value', 'gross_revenue', 'orders'),
        ('net_average_order_value', 'kept_revenue', 'orders'),
        ('refunded_amount_rate', 'refunded_amount', 'gross_revenue'),
        ('discount_rate', 'discounts', 'undiscounted'),
        ('units_per_order', 'units', 'orders_with_units'),
        ('coupon_order_share', 'coupon_orders', 'orders'),
        ('guest_order_share', 'guest_orders', 'orders'),
        ('new_customers', 'new_customers', 'nothing'),
        ('on_time_delivery_rate', 'timely_orders', 'due_orders'),
    ] -%}
    select
        '{{ kpi }}' as kpi,
        month as period_start,
        dimension,
        dimension_value,
        cast({{ numerator }} as decimal(38, 4)) as numerator,
        cast({{ denominator }} as decimal(38, 4)) as denominator
    from months
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

compared_kpis as (

    select kpi
    from expected_values
    group by kpi

),

totals as (

    select
        'refunded_amount' as kpi,
        sum(refunded_amount) as amount
    from booked_orders

    union all

    select
        'net_revenue' as kpi,
        sum(net_revenue) as amount
    from booked_orders

),

kpi_totals as (

    select
        kpi,
        sum(numerator) as amount
    from {{ ref('kpi_values') }}
    where
        kpi in ('refunded_amount', 'net_revenue')
        and period_grain = 'month'
        and dimension = 'all'
    group by kpi
    having
        count(*) = count(numerator)
        and {{ history_is_whole() }}

)

select
    kpi_values.kpi,
    kpi_values.period_start,
    kpi_values.dimension_value,
    kpi_values.numerator as told,
    expected_values.numerator as added_up
from {{ ref('kpi_values') }} as kpi_values
inner join compared_kpis on kpi_values.kpi = compared_kpis.kpi
left join expected_values
    on
        kpi_values.kpi = expected_values.kpi
        and kpi_values.period_start = expected_values.period_start
        and kpi_values.dimension = expected_values.dimension
        and kpi_values.dimension_value = expected_values.dimension_value
where
    kpi_values.period_grain = 'month'
    and kpi_values.dimension in ('all', 'channel')
    and (
        kpi_values.numerator <> coalesce(expected_values.numerator, 0)
        or kpi_values.denominator <> coalesce(expected_values.denominator, 0)
    )

union all

select
    totals.kpi,
    cast(null as date) as period_start,
    'all' as dimension_value,
    kpi_totals.amount as told,
    totals.amount as added_up
from totals
inner join kpi_totals on totals.kpi = kpi_totals.kpi
where kpi_totals.amount <> coalesce(totals.amount, 0)
