with

raw_rows as (

    {{ raw_rows('orders') }}

),

accepted_rows as (

    select
        raw_rows.order_id,
        {{ known_id('raw_rows.customer_id') }} as customer_id,
        {{ known_id('raw_rows.anonymous_id') }} as anonymous_id,
        raw_rows.created_at,
        raw_rows.updated_at,
        raw_rows.cancelled_at,
        raw_rows.delivered_at,
        raw_rows.status,
        raw_rows.currency,
        raw_rows.subtotal_price,
        raw_rows.total_discounts,
        raw_rows.total_shipping,
        raw_rows.total_tax,
        raw_rows.total_price,
        {{ known_id('raw_rows.cart_id') }} as cart_id,
        raw_rows.source_channel,
        raw_rows.utm_source,
        raw_rows.utm_medium,
        raw_rows.utm_campaign,
        raw_rows.affiliate_id,
        raw_rows.affiliate_commission,
        raw_rows.referral_code,
        raw_rows.coupon_code,
        raw_rows.subscription_id,
        raw_rows.country,
        raw_rows.promised_at,
        coalesce(raw_rows.taxes_included, false) as taxes_included,
        raw_rows.shipping_tax,
        raw_rows.received_at,
        case
            when coalesce(raw_rows.is_test, false) then 'test'
            when coalesce(raw_rows.is_deleted, false) then 'deleted'
            when raw_rows.total_price <= 0 then 'zero_value'
            when raw_rows.status = 'failed' then 'failed'
            when raw_rows.status = 'cancelled' and raw_rows.cancelled_at is null
                then 'cancelled_without_time'
        end as invalid_reason
    from raw_rows
    left join {{ ref('filtered_orders') }} as filtered
        on raw_rows.raw_row_id = filtered.raw_row_id
    where filtered.raw_row_id is null

),

judged_orders as (

    select
        *,
        invalid_reason is null as is_valid
    from accepted_rows

)

select * from judged_orders
