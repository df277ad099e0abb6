-- Refunds; the first two of a batch are entered again for orders nobody knows.
with

known_refunds as (

    select
        'r' || cast(1000000000 + order_no * 4 + part as varchar) as refund_id,
        'o' || cast(1000000000 + order_no as varchar) as order_id,
        refund_second,
        refund_cents,
        reason
    from refunds

),

first_refunds as (

    select *
    from known_refunds
    order by refund_id
    limit 2

),

all_refunds as (

    select * from known_refunds
    union all
    select
        refund_id || 'x' as refund_id,
        'legacy-' || order_id as order_id,
        refund_second,
        refund_cents,
        cast(null as varchar) as reason
    from first_refunds

)

select
    refund_id,
    order_id,
    moment(refund_second) as created_at,
    money(refund_cents) as amount,
    reason,
    moment(refund_second + 90) as received_at
from all_refunds
order by refund_second, refund_id
