with

raw_rows as (

    {{ raw_rows('refunds') }}

),

accepted_rows as (

    select
        raw_rows.refund_id,
        raw_rows.order_id,
        raw_rows.created_at,
        raw_rows.amount,
        raw_rows.reason,
        raw_rows.received_at
    from raw_rows
    left join {{ ref('filtered_refunds') }} as filtered
        on raw_rows.raw_row_id = filtered.raw_row_id
    where filtered.raw_row_id is null

)

select * from accepted_rows
