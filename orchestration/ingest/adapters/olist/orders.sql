with

paid as (

    select
        order_id,
        sum(amount(payment_value)) as total
    from payment_rows
    group by order_id

),

bought as (

    select
        order_id,
        sum(amount(price)) as goods,
        sum(amount(freight_value)) as freight
    from item_rows
    group by order_id

)

select
    order_rows.record,
    order_rows.order_id,
    buyers.person as customer_id,
    order_rows.order_purchase_timestamp as created_at,
    case
        when order_rows.order_status in ('canceled', 'unavailable')
            then coalesce(order_rows.order_delivered_carrier_date, order_rows.order_approved_at)
    end as cancelled_at,
    order_rows.order_delivered_customer_date as delivered_at,
    case order_rows.order_status
        when 'approved' then 'paid'
        when 'invoiced' then 'paid'
        when 'created' then 'pending'
        when 'unavailable' then 'cancelled'
        else coalesce(status_word(order_rows.order_status), order_rows.order_status)
    end as status,
    'BRL' as currency,
    bought.goods as subtotal_price,
    bought.freight as total_shipping,
    coalesce(paid.total, bought.goods + bought.freight, 0) as total_price,
    'BR' as country,
    order_rows.order_estimated_delivery_date as promised_at
from order_rows
left join buyers on order_rows.order_id = buyers.order_id
left join paid on order_rows.order_id = paid.order_id
left join bought on order_rows.order_id = bought.order_id
