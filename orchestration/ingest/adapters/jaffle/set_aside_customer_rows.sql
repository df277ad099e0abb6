select
    record,
    'customer without order and date' as reason
from customer_rows
where id not in (select user_id from order_rows where user_id is not null)
