select
    record,
    -- The export numbers no transaction: the order and the second tell one, and a number those of
    -- one second.
    order_id || ':transaction:' || second || ':' || row_number() over (
        partition by order_id, second
        order by amount(amount), gateway, record
    ) as refund_id,
    order_id,
    created_at,
    amount,
    'transaction by ' || coalesce(gateway, 'an unknown gateway') as reason
from paid_back_rows
where verdict is null
