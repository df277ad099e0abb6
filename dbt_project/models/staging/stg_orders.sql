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
        raw_rows.taxes_included,
        raw_rows.shipping_tax,
        raw_rows.received_at,
        (
            not coalesce(raw_rows.is_test, false)
            and not coalesce(raw_rows.is_deleted, false)
            and raw_rows.total_price > 0
            and raw_rows.status <> 'failed'
            and not (raw_rows.status = 'cancelled' and raw_rows.cancelled_at is null)
        ) as is_valid
    from raw_rows
    left join {{ ref('filtered_orders') }} as filtered
        on raw_rows.raw_row_id = filtered.raw_row_id
    where filtered.raw_row_id is null

)

select * from accepted_rows
