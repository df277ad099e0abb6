select
    record,
    transaction_id as order_id,
    known as customer_id,
    anonymous as anonymous_id,
    occurred_at as created_at,
    'paid' as status,
    text_at(sale, '$.currency') as currency,
    coalesce(
        text_at(sale, '$.discount_amount'), text_at(sale, '$.discountAmount')
    ) as total_discounts,
    text_at(sale, '$.shipping') as total_shipping,
    text_at(sale, '$.tax') as total_tax,
    text_at(sale, '$.revenue') as total_price,
    coalesce(text_at(basket, '$.cart_id'), text_at(basket, '$.cartId')) as cart_id,
    coalesce(text_at(sale, '$.discount_code'), text_at(sale, '$.discountCode')) as coupon_code,
    country_code(geo_country) as country,
    collector_tstamp as received_at
from sold_events
