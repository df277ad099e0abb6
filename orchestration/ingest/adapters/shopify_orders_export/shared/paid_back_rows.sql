-- Of each transaction the order it belongs to, and why it is no refund.

with

exported_orders as (

    select
        name,
        any_value(id) as id,
        any_value(currency) as currency
    from export_rows
    where financial_status is not null or total is not null
    group by name

),

refund_rows as (

    select
        transaction_rows.*,
        -- An orders export without ids goes by the name, so do its refunds.
        case
            when exported_orders.name is not null and exported_orders.id is null
                then ltrim(transaction_rows.name, '#')
            else coalesce(transaction_rows."order", ltrim(transaction_rows.name, '#'))
        end as order_id,
        -- `2026-02-10 15:00:00 +0100`, as seconds whatever the offset of the export.
        coalesce(
            cast(cast(epoch(try_cast(
                regexp_replace(
                    transaction_rows.created_at, ' ([+-][0-9]{2}):?([0-9]{2})$', '\1:\2'
                ) as timestamptz
            )) as bigint) as varchar),
            transaction_rows.created_at
        ) as second,
        lower(transaction_rows.kind) = 'refund' as is_refund,
        lower(transaction_rows.status) = 'success' as is_success,
        upper(transaction_rows.currency) <> upper(exported_orders.currency) as is_foreign
    from transaction_rows
    left join exported_orders on transaction_rows.name = exported_orders.name

)

select
    *,
    case
        when not coalesce(is_refund, false) then 'transaction that is no refund'
        when not coalesce(is_success, false) then 'refund that did not succeed'
        when bool_or(is_foreign and is_refund and is_success) over (partition by order_id)
            then 'refund in another currency than its order: Refunded Amount counts'
    end as verdict
from refund_rows
