select
    record,
    id as customer_id,
    created as created_at,
    case when email like '%@%' then lower(email) end as email,
    is_deleted
from customer_rows
