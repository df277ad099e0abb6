select
    record,
    case
        when status = 'lost' then 'dispute of a refunded charge'
        else 'dispute not lost'
    end as reason
from dispute_rows
where
    status is distinct from 'lost'
    or charge_id in (
        select id from charge_rows
        where lower(refunded) = 'true' or amount(amount_refunded) >= amount(amount)
    )
