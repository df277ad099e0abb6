-- Orders that came through an affiliate on their date, and what refunds take back on theirs. Money
-- is 0 where no rate is known; is_missing_rate then says that it is unknown.

with

affiliate_orders as (

    select
        orders.order_id,
        orders.order_date,
        orders.person_key,
        orders.channel,
        orders.is_missing_rate,
        source_orders.total_price,
        coalesce(orders.order_value, 0) as order_value,
        case
            when source_orders.affiliate_commission is not null
                then coalesce(orders.affiliate_commission, 0)
        end as commission
    from {{ ref('int_booked_orders') }} as orders
    inner join {{ ref('stg_orders') }} as source_orders on orders.order_id = source_orders.order_id
    where nullif(trim(orders.affiliate_id), '') is not null

),

facts as (

    select
        order_date as fact_date,
        person_key,
        channel,
        is_missing_rate,
        1 as orders,
        order_value as net_value,
        case when commission is not null then 1 end as commissioned_orders,
        commission
    from affiliate_orders

    union all

    select
        refunds.refund_date as fact_date,
        orders.person_key,
        orders.channel,
        orders.is_missing_rate,
        cast(null as integer) as orders,
        -coalesce(refunds.refund_value, 0) as net_value,
        cast(null as integer) as commissioned_orders,
        -{{ prorated('orders.commission', 'refunds.amount', 'orders.total_price') }} as commission
    from {{ ref('int_refunds') }} as refunds
    inner join affiliate_orders as orders on refunds.order_id = orders.order_id

)

select * from facts
