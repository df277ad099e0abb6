select
    record,
    'refund without money' as reason
from refund_rows
where
    coalesce(amount(total_refunded_set_shop_amount), 0) <= 0
    and id not in (
        select refund_id from transaction_rows
        where
            lower(kind) = 'refund'
            and lower(status) = 'success'
            and refund_id is not null
            and amount(amount) > 0
    )
