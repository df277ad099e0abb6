select
    record,
    'review of an unknown order' as reason
from review_rows
where order_id not in (select order_id from buyers)
