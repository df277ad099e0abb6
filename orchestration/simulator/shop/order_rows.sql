-- The orders in the columns of the raw contract, with what is known of them at the end of the
-- simulated time. A table, since planning this query anew for every month costs more than its rows.
create table order_rows as
with

dated_orders as (

    select
        orders.*,
        -- The last thing that happened to the order is when its row was written.
        greatest(
            orders.created_second + 30,
            if(orders.is_cancelled, orders.cancel_second, 0),
            if(orders.is_delivered, orders.delivery_second, 0),
            if(
                orders.is_refunded,
                greatest(orders.refund_second, orders.delivery_second + 3600),
                0
            )
        ) as updated_second
    from orders

),

-- Some orders were also exported when they were new, and a few rows were sent twice.
sent_orders as (

    select *, 1 as copy_no
    from dated_orders
    union all
    select
        * replace (
            created_second + 30 as updated_second,
            false as is_cancelled,
            false as is_delivered,
            if(status = 'failed', 'failed', 'paid') as status
        ),
        0 as copy_no
    from dated_orders
    where order_no % 61 = 7 and updated_second > created_second + 3600
    union all
    select *, 2 as copy_no
    from dated_orders
    where order_no % 1511 = 9

)

select
    sent_orders.created_second,
    'o' || cast(1000000000 + sent_orders.order_no as varchar) as order_id,
    case
        when not sent_orders.is_customer then null
        when sent_orders.source_channel = 'pos' and draw(sent_orders.order_key, 230, 100) < 30
            then null
        when order_visits.uses_duplicate then duplicate_text(sent_orders.person)
        else customer_text(sent_orders.person)
    end as customer_id,
    if(
        order_visits.device_no is null,
        null,
        'a' || cast(10000000 + order_visits.device_no as varchar)
    ) as anonymous_id,
    moment(sent_orders.created_second) as created_at,
    moment(sent_orders.updated_second) as updated_at,
    if(sent_orders.is_cancelled, moment(sent_orders.cancel_second), null) as cancelled_at,
    if(sent_orders.is_delivered, moment(sent_orders.delivery_second), null) as delivered_at,
    sent_orders.status,
    currencies.currency,
    money(sent_orders.subtotal_cents) as subtotal_price,
    money(sent_orders.discount_cents) as total_discounts,
    money(sent_orders.shipping_cents) as total_shipping,
    money(sent_orders.tax_cents) as total_tax,
    money(sent_orders.total_cents) as total_price,
    if(order_visits.cart_no is null, null, 'k' || cast(order_visits.cart_no as varchar)) as cart_id,
    sent_orders.source_channel,
    channels.source as utm_source,
    channels.medium as utm_medium,
    channels.campaign as utm_campaign,
    if(
        channels.medium = 'affiliate',
        'aff' || cast(draw(sent_orders.order_key, 231, 5) as varchar),
        null
    ) as affiliate_id,
    if(
        channels.medium = 'affiliate',
        money((sent_orders.subtotal_cents - sent_orders.discount_cents) * 8 // 100),
        null
    ) as affiliate_commission,
    if(
        referrals.order_no is null,
        null,
        'REF-' || upper(customer_text(referrals.inviting_person))
    ) as referral_code,
    case
        when sent_orders.discount_cents = 0 then null
        when sent_orders.coupon_draw < 70 then 'WELCOME10'
        else 'SEASON20'
    end as coupon_code,
    if(
        sent_orders.subscription_no is null,
        null,
        subscription_text(sent_orders.subscription_no)
    ) as subscription_id,
    countries.country,
    if(
        sent_orders.source_channel in ('web', 'app')
        and draw(sent_orders.order_key, 232, 100) < 60,
        moment(sent_orders.created_second + 7 * 86400),
        null
    ) as promised_at,
    sent_orders.fate = 'test' as is_test,
    sent_orders.fate = 'deleted' as is_deleted,
    moment(sent_orders.updated_second + 45) as received_at
from sent_orders
inner join currencies on currencies.currency_no = sent_orders.currency_no
inner join countries on countries.country_no = sent_orders.country_no
left join order_visits on order_visits.order_no = sent_orders.order_no
left join channels on channels.channel_no = order_visits.channel_no
left join referrals on referrals.order_no = sent_orders.order_no
order by sent_orders.created_second, sent_orders.order_no, sent_orders.copy_no;
