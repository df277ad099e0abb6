select
    record,
    coalesce(id, ltrim(name, '#')) || ':refunded' as refund_id,
    coalesce(id, ltrim(name, '#')) as order_id,
    coalesce(cancelled_at, paid_at, created_at) as created_at,
    refunded_amount as amount,
    'Refunded Amount; the date of the refund is unknown' as reason
from export_rows
where amount(refunded_amount) > 0
