-- Valid orders with all that KPIs and marts tell of an order, money in the reporting currency. A
-- booked one is not cancelled by the as-of date; a refund does not undo a purchase here.

with

refund_totals as (

    select
        order_id,
        sum(refund_value) as refunded_value
    from {{ ref('int_refunds') }}
    group by order_id

),

-- What products cost is known only where every line has a product with a unit cost.
line_totals as (

    select
        order_id,
        cast(sum(quantity) as decimal(38, 4)) as units,
        case
            when count(*) = count(unit_cost)
                then cast(sum(cast(quantity as decimal(28, 4)) * unit_cost) as decimal(38, 10))
        end as product_cost
    from {{ ref('int_order_lines') }}
    group by order_id

),

source_orders as (

    select
        *,
        coalesce(nullif(trim(utm_source), ''), source_channel) as channel_source,
        case when nullif(trim(utm_source), '') is not null then utm_medium end as channel_medium
    from {{ ref('stg_orders') }}

),

described_orders as (

    select
        orders.order_id,
        orders.person_key,
        persons.guest_order_id is not null as is_guest,
        orders.created_at,
        orders.order_date,
        orders.status,
        orders.currency,
        {{ var('pending_is_booked') | lower }} or orders.status <> 'pending' as is_confirmed,
        orders.cancelled_on,
        orders.rate is null as is_missing_rate,
        orders.order_value,
        coalesce(refund_totals.refunded_value, 0) as refunded_value,
        refund_totals.order_id is not null as has_refund,
        cast(round(source_orders.total_discounts * orders.rate, 4) as decimal(18, 4))
            as discount_value,
        line_totals.units,
        line_totals.product_cost,
        {{ channel_name('exact_channels', 'source_channels') }} as channel,
        source_orders.utm_campaign as campaign,
        nullif(trim(source_orders.country), '') as country,
        source_orders.cart_id,
        source_orders.subscription_id,
        source_orders.referral_code,
        source_orders.affiliate_id,
        nullif(trim(source_orders.coupon_code), '') as coupon_code,
        nullif(trim(source_orders.coupon_code), '') is not null as has_coupon,
        cast(round(source_orders.affiliate_commission * orders.rate, 4) as decimal(18, 4))
            as affiliate_commission,
        {{ local_date('source_orders.promised_at') }} as promised_on,
        orders.delivered_on,
        coalesce({{ local_date('source_orders.promised_at') }}, orders.fulfilment_due_on)
            as delivery_due_on
    from {{ ref('int_orders') }} as orders
    inner join source_orders on orders.order_id = source_orders.order_id
    inner join {{ ref('int_persons') }} as persons on orders.person_key = persons.person_key
    left join refund_totals on orders.order_id = refund_totals.order_id
    left join line_totals on orders.order_id = line_totals.order_id
    {{ channel_joins(
        'source_orders.channel_source', 'source_orders.channel_medium', 'exact_channels', 'source_channels',
    ) }}

),

judged_orders as (

    select
        described_orders.*,
        described_orders.is_confirmed and described_orders.cancelled_on is null as is_booked,
        case
            when described_orders.delivered_on is not null
                then described_orders.delivered_on > described_orders.delivery_due_on
            when described_orders.delivery_due_on < settings.as_of_date then true
        end as is_late
    from described_orders
    cross join {{ ref('int_settings') }} as settings

),

order_details as (

    select
        *,
        case when is_booked then row_number() over person_orders end as order_number,
        case when is_booked then lag(order_date) over person_orders end as previous_order_on
    from judged_orders
    window person_orders as (
        partition by person_key, is_booked
        order by created_at, order_id
    )

)

select * from order_details
