select
    record,
    previous_id as from_customer_id,
    user_id as into_customer_id,
    occurred_at as merged_at
from read_calls
where call = 'alias' and previous_id is not null and user_id is not null and previous_id <> user_id
