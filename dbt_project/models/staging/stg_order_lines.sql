with

raw_rows as (

    {{ raw_rows('order_lines') }}

),

accepted_rows as (

    select
        raw_rows.order_id,
        raw_rows.line_number,
        raw_rows.product_id,
        raw_rows.quantity,
        raw_rows.unit_price,
        raw_rows.total_discount
    from raw_rows
    where
        not exists (
            select 1
            from {{ ref('filtered_order_lines') }} as filtered
            where filtered.raw_row_id = raw_rows.raw_row_id
        )

)

select * from accepted_rows
