select
    record,
    coalesce(customer_id, email_key(customer_email)) as customer_id,
    created_date_utc as created_at,
    lower(customer_email) as email
from payments
where coalesce(customer_id, customer_email) is not null
