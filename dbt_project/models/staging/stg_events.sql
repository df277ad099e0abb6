with

raw_rows as (

    {{ raw_rows('events') }}

),

accepted_rows as (

    select
        raw_rows.raw_row_id,
        raw_rows.event_id,
        raw_rows.event_name,
        raw_rows.occurred_at,
        raw_rows.received_at,
        {{ known_id('raw_rows.anonymous_id') }} as anonymous_id,
        {{ known_id('raw_rows.user_id') }} as user_id,
        {{ known_id('raw_rows.session_id') }} as session_id,
        {{ known_id('raw_rows.cart_id') }} as cart_id,
        {{ known_id('raw_rows.order_id') }} as order_id,
        raw_rows.product_id,
        raw_rows.quantity,
        raw_rows.value,
        raw_rows.currency,
        raw_rows.page_url,
        raw_rows.referrer,
        raw_rows.utm_source,
        raw_rows.utm_medium,
        raw_rows.utm_campaign,
        raw_rows.device_type,
        raw_rows.country,
        raw_rows.properties
    from raw_rows
    left join {{ ref('filtered_events') }} as filtered
        on raw_rows.raw_row_id = filtered.raw_row_id
    where filtered.raw_row_id is null

)

select * from accepted_rows
