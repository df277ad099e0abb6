select
    record,
    'draft' as reason
from read_orders
where not is_refund and is_draft
