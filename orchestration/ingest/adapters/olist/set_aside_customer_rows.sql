select
    record,
    'customer without order and date' as reason
from customer_rows
where customer_id not in (select customer_id from buyers)
