with

priced_refunds as (

    select
        read_hits.*,
        coalesce(
            text_at(as_json(read_hits.ecommerce), '$.refund_value'),
            read_hits.param['value'],
            sold_hits.total_price
        ) as amount
    from read_hits
    left join sold_hits on read_hits.order_id = sold_hits.order_id
    where read_hits.event_name = 'refund' and read_hits.order_id is not null

)

select
    record,
    event_id as refund_id,
    order_id,
    occurred_at as created_at,
    amount
from priced_refunds
where amount is not null
