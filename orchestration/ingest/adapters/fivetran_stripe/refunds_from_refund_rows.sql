select
    record,
    id as refund_id,
    charge_id as order_id,
    created as created_at,
    minor_amount(amount, currency) as amount,
    reason
from refund_rows
where status = 'succeeded'
