select
    record,
    order_id,
    user_id as customer_id,
    user_pseudo_id as anonymous_id,
    occurred_at as created_at,
    'paid' as status,
    param['currency'] as currency,
    total_price,
    param['coupon'] as coupon_code,
    country_code(text_at(as_json(geo), '$.country')) as country
from sold_hits
