select
    record,
    person as customer_id,
    ordered_at as created_at,
    lower(address) as email,
    country_code(country) as country
from read_orders
where not is_refund and is_draft is not true and person is not null
