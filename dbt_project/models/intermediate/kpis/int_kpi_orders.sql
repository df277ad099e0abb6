-- Booked orders on their date, refunds on theirs. Money is 0 where no rate is known;
-- is_missing_rate then says that it is unknown. Over 120 lines, since every KPI of an order has its
-- line.

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
        booked_orders.order_date,
        booked_orders.person_key,
        booked_orders.channel,
        booked_orders.is_missing_rate,
        booked_orders.is_guest,
        booked_orders.has_refund,
        booked_orders.has_coupon,
        coalesce(booked_orders.order_value, 0) as gross_value,
        coalesce(booked_orders.refunded_value, 0) as refunded_to_date,
        case
            when source_orders.total_discounts is not null
                then coalesce(booked_orders.discount_value, 0)
        end as discount_value,
        contents.units,
        booked_orders.is_late
    from booked_orders
    inner join {{ ref('stg_orders') }} as source_orders
        on booked_orders.order_id = source_orders.order_id
    left join {{ ref('int_order_contents') }} as contents
        on booked_orders.order_id = contents.order_id

),

order_rows as (

    select
        kpis.kpi,
        orders.order_date as fact_date,
        orders.person_key,
        orders.channel,
        cast(
            case kpis.kpi
                when 'orders' then 1
                when 'gross_revenue' then orders.gross_value
                when 'net_revenue' then orders.gross_value
                when 'average_order_value' then orders.gross_value
                when 'net_average_order_value' then orders.gross_value - orders.refunded_to_date
                when 'units_per_order' then orders.units
                when 'discount_rate' then orders.discount_value
                when 'refund_rate' then cast(orders.has_refund as integer)
                when 'refunded_amount_rate' then orders.refunded_to_date
                when 'guest_order_share' then cast(orders.is_guest as integer)
                when 'coupon_order_share' then cast(orders.has_coupon as integer)
                when 'on_time_delivery_rate' then cast(not orders.is_late as integer)
            end as decimal(28, 10)
        ) as numerator,
        cast(
            case kpis.kpi
                when 'average_order_value' then 1
                when 'net_average_order_value' then 1
                when 'units_per_order' then case when orders.units is not null then 1 end
                when 'discount_rate' then orders.gross_value + orders.discount_value
                when 'refund_rate' then 1
                when 'refunded_amount_rate' then orders.gross_value
                when 'guest_order_share' then 1
                when 'coupon_order_share' then 1
                when 'on_time_delivery_rate'
                    then case when orders.is_late is not null then 1 end
            end as decimal(28, 10)
        ) as denominator,
        case kpis.kpi
            when 'discount_rate' then 1
            when 'refunded_amount_rate' then 1
        end as sample_size,
        orders.is_missing_rate
        and kpis.kpi in (
            'gross_revenue',
            'net_revenue',
            'average_order_value',
            'net_average_order_value',
            'discount_rate',
            'refunded_amount_rate'
        ) as is_missing_rate
    from orders
    cross join kpis

),

value_rows as (

    select
        kpis.kpi,
        orders.order_date as ranked_on,
        orders.person_key,
        orders.channel,
        orders.gross_value as numerator,
        orders.is_missing_rate
    from orders
    cross join kpis
    where kpis.kpi = 'median_order_value'

),

refund_rows as (

    select
        kpis.kpi,
        refunds.refund_date as fact_date,
        booked_orders.person_key,
        booked_orders.channel,
        cast(
            case kpis.kpi
                when 'refunded_amount' then coalesce(refunds.refund_value, 0)
                when 'net_revenue' then -coalesce(refunds.refund_value, 0)
            end as decimal(28, 10)
        ) as numerator,
        case kpis.kpi when 'net_revenue' then 0 end as sample_size,
        booked_orders.is_missing_rate
    from {{ ref('int_refunds') }} as refunds
    inner join booked_orders on refunds.order_id = booked_orders.order_id
    cross join kpis

),

kpi_rows as (

    {{ union_by_name(['order_rows', 'value_rows', 'refund_rows']) }}

)

select * from kpi_rows
