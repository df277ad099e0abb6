with

paid_back as (

    select
        refund_id,
        sum(money) as money
    from (
        select
            id,
            any_value(refund_id) as refund_id,
            max_by(amount(amount), (fivetran_synced, file_number, record)) as money
        from transaction_rows
        where lower(kind) = 'refund' and lower(status) = 'success' and refund_id is not null
        group by id
    ) as payments
    group by refund_id

)

select
    refund_rows.record,
    refund_rows.id as refund_id,
    refund_rows.order_id,
    coalesce(refund_rows.processed_at, refund_rows.created_at) as created_at,
    coalesce(amount(refund_rows.total_refunded_set_shop_amount), paid_back.money) as amount
from refund_rows
left join paid_back on refund_rows.id = paid_back.refund_id
where coalesce(amount(refund_rows.total_refunded_set_shop_amount), paid_back.money) > 0
