select
    record,
    email_key(email) as customer_id,
    created_at,
    lower(email) as email,
    country_code(coalesce(shipping_country, billing_country)) as country,
    accepts_marketing as marketing_consent
from export_rows
where email is not null and (total is not null or financial_status is not null)
