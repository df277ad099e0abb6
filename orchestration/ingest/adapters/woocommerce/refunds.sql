with

nested_refunds as (

    select
        *,
        unnest(from_json(as_json(refunds), '["JSON"]')) as refund
    from read_orders
    where not is_refund and json_type(as_json(refunds)) = 'ARRAY'

),

-- `amount:5.00|reason:|date:2026-03-02 10:00:00;amount:…`
listed_refunds as (

    select
        *,
        unnest(string_split(refund_items, ';')) as refund,
        generate_subscripts(string_split(refund_items, ';'), 1) as place
    from read_orders
    where not is_refund and refund_items is not null

)

select
    record,
    text_at(refund, '$.id') as refund_id,
    id as order_id,
    coalesce(text_at(refund, '$.date_created_gmt'), paid_at, ordered_at) as created_at,
    abs(amount(text_at(refund, '$.total'))) as amount,
    text_at(refund, '$.reason') as reason
from nested_refunds
where amount(text_at(refund, '$.total')) <> 0

union all

select
    record,
    id || ':refund:' || place as refund_id,
    id as order_id,
    coalesce(
        nullif(regexp_extract(refund, 'date:([^|]*)', 1), ''), paid_at, ordered_at
    ) as created_at,
    abs(amount(regexp_extract(refund, 'amount:([^|]*)', 1))) as amount,
    nullif(regexp_extract(refund, 'reason:([^|]*)', 1), '') as reason
from listed_refunds
where amount(regexp_extract(refund, 'amount:([^|]*)', 1)) <> 0

union all

select
    record,
    id as refund_id,
    parent_id as order_id,
    ordered_at as created_at,
    coalesce(cast(abs(amount(total)) as varchar), total) as amount,
    cast(null as varchar) as reason
from read_orders
where is_refund
