-- Booked orders on their date, refunds on theirs, summed by day and slice before they are told of
-- for KPIs, as one order counts for up to twelve. A sum of nothing is null and counts for no KPI.
-- Money is 0 where no rate is known; is_missing_rate then says that it is unknown. Over 120 lines,
-- since every KPI of an order has its line.
{%- set dimensions = ['channel', 'country', 'health', 'stage', 'account'] %}

with

booked_orders as (

    select * from {{ ref('int_booked_orders') }}

),

kpis as (

    select * from {{ ref('kpis') }}
    where model = 'int_kpi_orders'

),

orders as (

    select
        booked_orders.order_date as fact_date,
        booked_orders.person_key,
        booked_orders.channel,
        booked_orders.is_missing_rate,
        booked_orders.is_guest,
        booked_orders.has_refund,
        booked_orders.has_coupon,
        1 as orders,
        coalesce(booked_orders.order_value, 0) as gross_value,
        coalesce(booked_orders.refunded_value, 0) as refunded_to_date,
        case
            when source_orders.total_discounts is not null
                then coalesce(booked_orders.discount_value, 0)
        end as discount_value,
        booked_orders.units,
        booked_orders.is_late
    from booked_orders
    inner join {{ ref('stg_orders') }} as source_orders
        on booked_orders.order_id = source_orders.order_id

),

refunds as (

    select
        refunds.refund_date as fact_date,
        booked_orders.person_key,
        booked_orders.channel,
        booked_orders.is_missing_rate as is_missing_refund_rate,
        1 as refunds,
        coalesce(refunds.refund_value, 0) as refund_value
    from {{ ref('int_refunds') }} as refunds
    inner join booked_orders on refunds.order_id = booked_orders.order_id

),

order_facts as (

    {{ union_by_name(['orders', 'refunds']) }}

),

sliced_facts as (

    {{ sliced_by_person('order_facts', 'facts.fact_date') }}

),

totals as (

    select
        fact_date,
        {{ slice_of_a_sum(dimensions) }},
        sum(orders) as orders,
        sum(gross_value) as gross_value,
        sum(refunded_to_date) as refunded_to_date,
        sum(refund_value) as refund_value,
        sum(refunds) as refunds,
        sum(discount_value) as discount_value,
        sum(gross_value + discount_value) as value_before_discount,
        sum(case when discount_value is not null then 1 end) as orders_with_discount,
        sum(units) as units,
        sum(case when units is not null then 1 end) as orders_with_units,
        sum(cast(has_refund as integer)) as refunded_orders,
        sum(cast(is_guest as integer)) as guest_orders,
        sum(cast(has_coupon as integer)) as coupon_orders,
        sum(cast(not is_late as integer)) as timely_orders,
        sum(case when is_late is not null then 1 end) as judged_orders,
        bool_or(is_missing_rate) as is_missing_rate,
        bool_or(is_missing_rate and discount_value is not null) as is_missing_discount_rate,
        bool_or(is_missing_refund_rate) as is_missing_refund_rate
    from sliced_facts
    group by {{ every_slice('fact_date', dimensions) }}

),

order_rows as (

    select
        kpis.kpi,
        totals.fact_date,
        totals.dimension,
        totals.dimension_value,
        cast(
            case kpis.kpi
                when 'orders' then totals.orders
                when 'gross_revenue' then totals.gross_value
                when 'refunded_amount' then totals.refund_value
                when 'net_revenue'
                    then coalesce(totals.gross_value, 0) - coalesce(totals.refund_value, 0)
                when 'average_order_value' then totals.gross_value
                when 'net_average_order_value'
                    then totals.gross_value - totals.refunded_to_date
                when 'units_per_order' then totals.units
                when 'discount_rate' then totals.discount_value
                when 'refund_rate' then totals.refunded_orders
                when 'refunded_amount_rate' then totals.refunded_to_date
                when 'guest_order_share' then totals.guest_orders
                when 'coupon_order_share' then totals.coupon_orders
                when 'on_time_delivery_rate' then totals.timely_orders
            end as decimal(28, 10)
        ) as numerator,
        cast(
            case kpis.kpi
                when 'average_order_value' then totals.orders
                when 'net_average_order_value' then totals.orders
                when 'units_per_order' then totals.orders_with_units
                when 'discount_rate' then totals.value_before_discount
                when 'refund_rate' then totals.orders
                when 'refunded_amount_rate' then totals.gross_value
                when 'guest_order_share' then totals.orders
                when 'coupon_order_share' then totals.orders
                when 'on_time_delivery_rate' then totals.judged_orders
            end as decimal(28, 10)
        ) as denominator,
        cast(
            case kpis.kpi
                when 'orders' then totals.orders
                when 'gross_revenue' then totals.orders
                when 'refunded_amount' then totals.refunds
                when 'net_revenue' then coalesce(totals.orders, 0)
                when 'discount_rate' then totals.orders_with_discount
                when 'refunded_amount_rate' then totals.orders
            end as bigint
        ) as sample_size,
        case kpis.kpi
            when 'gross_revenue' then totals.is_missing_rate
            when 'refunded_amount' then totals.is_missing_refund_rate
            when 'net_revenue'
                then
                    coalesce(totals.is_missing_rate, false)
                    or coalesce(totals.is_missing_refund_rate, false)
            when 'average_order_value' then totals.is_missing_rate
            when 'net_average_order_value' then totals.is_missing_rate
            when 'discount_rate' then totals.is_missing_discount_rate
            when 'refunded_amount_rate' then totals.is_missing_rate
        end as is_missing_rate
    from totals
    cross join kpis

),

value_rows as (

    select
        kpis.kpi,
        orders.fact_date as ranked_on,
        orders.person_key,
        orders.channel,
        orders.gross_value as numerator,
        orders.is_missing_rate
    from orders
    cross join kpis
    where kpis.kpi = 'median_order_value'

),

kpi_rows as (

    {{ union_by_name(['order_rows', 'value_rows']) }}

)

select * from kpi_rows
