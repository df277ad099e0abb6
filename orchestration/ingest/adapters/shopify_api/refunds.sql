with

refund_objects as (

    select
        record,
        order_id,
        unnest(refunds) as refund
    from read_orders

),

priced_refunds as (

    select
        *,
        coalesce(
            amount(shop_money(json_extract(refund, '$.totalRefundedSet'))),
            list_sum(list_transform(
                list_filter(
                    nodes(json_extract(refund, '$.transactions')),
                    lambda paid: lower(text_at(paid, '$.kind')) = 'refund'
                    and lower(text_at(paid, '$.status')) = 'success'
                ),
                lambda paid: amount(coalesce(
                    shop_money(json_extract(paid, '$.amount_set')),
                    shop_money(json_extract(paid, '$.amountSet')),
                    text_at(paid, '$.amount')
                ))
            ))
        ) as refunded
    from refund_objects

)

select
    record,
    shopify_id(text_at(refund, '$.id')) as refund_id,
    order_id,
    coalesce(
        text_at(refund, '$.processed_at'),
        text_at(refund, '$.created_at'),
        text_at(refund, '$.createdAt')
    ) as created_at,
    refunded as amount,
    text_at(refund, '$.note') as reason
from priced_refunds
where refunded > 0
