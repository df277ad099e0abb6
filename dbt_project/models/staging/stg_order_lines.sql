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
    left join {{ ref('filtered_order_lines') }} as filtered
        on raw_rows.raw_row_id = filtered.raw_row_id
    where filtered.raw_row_id is null

)

select * from accepted_rows
