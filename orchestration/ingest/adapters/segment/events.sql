select
    record,
    event_id,
    event_name,
    occurred_at,
    received_at,
    anonymous_id,
    user_id,
    cart_id,
    order_id,
    product_id,
    quantity,
    value,
    currency,
    page_url,
    referrer,
    utm_source,
    utm_medium,
    utm_campaign,
    nullif(properties, '{}') as properties
from read_calls
where event_name is not null and coalesce(anonymous_id, user_id) is not null
