with

accepted_rows as (

    select
        events.raw_row_id,
        events.event_id,
        events.event_name,
        events.occurred_at,
        events.received_at,
        events.anonymous_id,
        events.user_id,
        events.session_id,
        events.cart_id,
        events.order_id,
        events.product_id,
        events.quantity,
        events.value,
        events.currency,
        events.page_url,
        events.referrer,
        events.utm_source,
        events.utm_medium,
        events.utm_campaign,
        events.device_type,
        events.country,
        events.properties
    from {{ ref('stg_filled_events') }} as events
    left join {{ ref('filtered_events') }} as filtered
        on events.raw_row_id = filtered.raw_row_id
    where filtered.raw_row_id is null

)

select * from accepted_rows
