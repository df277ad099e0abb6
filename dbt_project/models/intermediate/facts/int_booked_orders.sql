-- Orders as the KPIs count them: valid and not cancelled by the as-of date; a refund does not undo
-- a purchase here. With all that any KPI asks of an order, money in the reporting currency.

with

refund_totals as (

    select
        order_id,
        sum(refund_value) as refunded_value
    from {{ ref('int_refunds') }}
    group by order_id

),

source_orders as (

    select
        *,
        coalesce(nullif(utm_source, ''), source_channel) as channel_source,
        case when nullif(utm_source, '') is not null then utm_medium end as channel_medium
    from {{ ref('stg_orders') }}

),

booked_orders as (

    select
        orders.order_id,
        orders.person_key,
        persons.guest_order_id is not null as is_guest,
        orders.created_at,
        orders.order_date,
        orders.rate is null as is_missing_rate,
        orders.order_value,
        coalesce(refund_totals.refunded_value, 0) as refunded_value,
        refund_totals.order_id is not null as has_refund,
        cast(round(source_orders.total_discounts * orders.rate, 4) as decimal(18, 4))
            as discount_value,
        {{ channel_name('exact_channels', 'source_channels') }} as channel,
        source_orders.utm_campaign as campaign,
        source_orders.cart_id,
        source_orders.subscription_id,
        source_orders.referral_code,
        source_orders.affiliate_id,
        cast(round(source_orders.affiliate_commission * orders.rate, 4) as decimal(18, 4))
            as affiliate_commission,
        orders.delivered_on,
        coalesce({{ local_date('source_orders.promised_at') }}, orders.fulfilment_due_on)
            as delivery_due_on
    from {{ ref('int_orders') }} as orders
    inner join source_orders on orders.order_id = source_orders.order_id
    inner join {{ ref('int_persons') }} as persons on orders.person_key = persons.person_key
    left join refund_totals on orders.order_id = refund_totals.order_id
    {{ channel_joins(
        'source_orders.channel_source', 'source_orders.channel_medium', 'exact_channels', 'source_channels',
    ) }}
    where
        orders.cancelled_on is null
        and ({{ var('pending_is_booked') | lower }} or orders.status <> 'pending')

)

select * from booked_orders
