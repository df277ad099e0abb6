select
    record,
    order_id,
    known as customer_id,
    visitor_id as anonymous_id,
    occurred_at as created_at,
    'paid' as status,
    site_currency as currency,
    text_at(action, '$.revenueSubTotal') as subtotal_price,
    text_at(action, '$.revenueDiscount') as total_discounts,
    text_at(action, '$.revenueShipping') as total_shipping,
    text_at(action, '$.revenueTax') as total_tax,
    text_at(action, '$.revenue') as total_price,
    country_code(nullif(country_code, 'xx')) as country
from bought_actions
