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
    where
        not exists (
            select 1
            from {{ ref('filtered_refunds') }} as filtered
            where filtered.raw_row_id = raw_rows.raw_row_id
        )

)

select * from accepted_rows
