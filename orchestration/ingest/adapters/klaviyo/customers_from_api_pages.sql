select
    record,
    user_id as customer_id,
    occurred_at as created_at,
    lower(email) as email
from api_events
where user_id is not null and email is not null
