with

refund_calls as (

    select * from read_calls
    where fold_word(event_name) = 'order_refunded' and call = 'track' and order_id is not null

),

priced_refunds as (

    select
        refund_calls.*,
        coalesce(
            amount(refund_calls.refunded_total),
            list_sum(list_transform(
                from_json(
                    case
                        when json_type(refund_calls.products) = 'ARRAY' then refund_calls.products
                    end,
                    '["JSON"]'
                ),
                lambda item: amount(text_at(item, '$.price'))
                * coalesce(amount(text_at(item, '$.quantity')), 1)
            )),
            amount(sold_calls.total_price)
        ) as refunded
    from refund_calls
    left join sold_calls on refund_calls.order_id = sold_calls.order_id

)

select
    record,
    event_id as refund_id,
    order_id,
    occurred_at as created_at,
    cast(refunded as decimal(18, 4)) as amount,
    received_at
from priced_refunds
where refunded is not null
