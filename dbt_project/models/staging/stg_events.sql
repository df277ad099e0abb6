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
        {{ filled_id('raw_rows', 'anonymous_id') }} as anonymous_id,
        {{ filled_id('raw_rows', 'user_id') }} as user_id,
        {{ filled_id('raw_rows', 'session_id') }} as session_id,
        {{ filled_id('raw_rows', 'cart_id') }} as cart_id,
        {{ filled_id('raw_rows', 'order_id') }} as order_id,
        {{ filled_id('raw_rows', 'product_id') }} as product_id,
        {{ filled_number('raw_rows', 'quantity', ['quantity']) }} as quantity,
        {{ filled_number('raw_rows', 'value', ['value', 'price', 'revenue', 'total']) }} as value,
        upper(trim({{ filled_text('raw_rows', 'currency') }})) as currency,
        {{ filled_text('raw_rows', 'page_url') }} as page_url,
        {{ filled_text('raw_rows', 'referrer') }} as referrer,
        {{ filled_text('raw_rows', 'utm_source') }} as utm_source,
        {{ filled_text('raw_rows', 'utm_medium') }} as utm_medium,
        {{ filled_text('raw_rows', 'utm_campaign') }} as utm_campaign,
        {{ filled_text('raw_rows', 'device_type') }} as device_type,
        {{ filled_text('raw_rows', 'country') }} as country,
        raw_rows.properties
    from raw_rows
    left join {{ ref('filtered_events') }} as filtered
        on raw_rows.raw_row_id = filtered.raw_row_id
    where filtered.raw_row_id is null

)

select * from accepted_rows
