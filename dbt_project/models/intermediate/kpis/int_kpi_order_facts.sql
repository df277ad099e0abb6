-- What happened to booked orders, by day: the orders themselves on their date, refunds on
-- theirs. Money is 0 where no rate is known; is_missing_rate then says that it is unknown.

with

settings as (

    select as_of_date from {{ ref('int_settings') }}

),

orders as (

    select * from {{ ref('int_booked_orders') }}

),

order_units as (

    select
        order_id,
        sum(quantity) as units
    from {{ ref('stg_order_lines') }}
    group by order_id

),

order_facts as (

    select
        orders.order_date as fact_date,
        orders.person_key,
        orders.channel,
        orders.is_missing_rate,
        1 as orders,
        case when orders.is_guest then 1 else 0 end as guest_orders,
        case when orders.has_refund then 1 else 0 end as refunded_orders,
        coalesce(orders.order_value, 0) as gross_value,
        coalesce(orders.refunded_value, 0) as refunded_to_date,
        case
            when source_orders.total_discounts is not null then coalesce(orders.discount_value, 0)
        end as discount_value,
        order_units.units,
        case
            when
                orders.delivered_on is not null
                or orders.delivery_due_on < settings.as_of_date
                then 1
        end as due_deliveries,
        case when orders.delivered_on <= orders.delivery_due_on then 1 else 0 end
            as timely_deliveries,
        cast(null as decimal(18, 4)) as refund_value
    from orders
    cross join settings
    inner join {{ ref('stg_orders') }} as source_orders on orders.order_id = source_orders.order_id
    left join order_units on orders.order_id = order_units.order_id

),

refund_facts as (

    select
        refunds.refund_date as fact_date,
        orders.person_key,
        orders.channel,
        orders.is_missing_rate,
        cast(null as integer) as orders,
        cast(null as integer) as guest_orders,
        cast(null as integer) as refunded_orders,
        cast(null as decimal(18, 4)) as gross_value,
        cast(null as decimal(18, 4)) as refunded_to_date,
        cast(null as decimal(18, 4)) as discount_value,
        cast(null as decimal(38, 4)) as units,
        cast(null as integer) as due_deliveries,
        cast(null as integer) as timely_deliveries,
        coalesce(refunds.refund_value, 0) as refund_value
    from {{ ref('int_refunds') }} as refunds
    inner join orders on refunds.order_id = orders.order_id

),

facts as (

    select * from order_facts

    union all

    select * from refund_facts

)

select * from facts
