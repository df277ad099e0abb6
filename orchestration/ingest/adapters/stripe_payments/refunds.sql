select
    record,
    id || ':refunded' as refund_id,
    id as order_id,
    coalesce(refunded_date_utc, created_date_utc) as created_at,
    amount(amount_refunded) as amount,
    case
        when refunded_date_utc is null then 'Amount Refunded; the date of the refund is unknown'
        else 'Amount Refunded'
    end as reason
from payments
where amount(amount_refunded) > 0

union all

select
    record,
    id || ':dispute' as refund_id,
    id as order_id,
    coalesce(dispute_date_utc, created_date_utc) as created_at,
    amount(disputed_amount) as amount,
    'Dispute lost' as reason
from payments
where lower(dispute_status) = 'lost' and amount(disputed_amount) > 0
