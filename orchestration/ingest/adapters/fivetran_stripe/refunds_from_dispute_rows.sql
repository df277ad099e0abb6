select
    record,
    id as refund_id,
    charge_id as order_id,
    created as created_at,
    minor_amount(amount, currency) as amount,
    'Dispute lost' as reason
from dispute_rows
where
    status = 'lost'
    and charge_id not in (
        select id from charge_rows
        where lower(refunded) = 'true' or amount(amount_refunded) >= amount(amount)
    )
