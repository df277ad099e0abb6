with

priced_refunds as (

    select
        refunded.record,
        refunded.event_id,
        refunded.occurred_at,
        refunded.collector_tstamp,
        coalesce(
            text_at(refunded.payback, '$.transaction_id'),
            text_at(refunded.payback, '$.transactionId')
        ) as order_id,
        coalesce(
            text_at(refunded.payback, '$.refund_amount'),
            text_at(refunded.payback, '$.refundAmount'),
            text_at(sold_events.sale, '$.revenue')
        ) as amount,
        coalesce(
            text_at(refunded.payback, '$.refund_reason'),
            text_at(refunded.payback, '$.refundReason')
        ) as reason
    from read_events as refunded
    left join sold_events
        on
            sold_events.transaction_id = coalesce(
                text_at(refunded.payback, '$.transaction_id'),
                text_at(refunded.payback, '$.transactionId')
            )
    where refunded.told = 'refund'

)

select
    record,
    event_id as refund_id,
    order_id,
    occurred_at as created_at,
    amount,
    reason,
    collector_tstamp as received_at
from priced_refunds
where order_id is not null and amount is not null
