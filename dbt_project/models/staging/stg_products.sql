with

raw_rows as (

    {{ raw_rows('products') }}

),

accepted_rows as (

    select
        raw_rows.product_id,
        raw_rows.title,
        raw_rows.category,
        raw_rows.brand,
        raw_rows.price,
        raw_rows.unit_cost,
        raw_rows.launched_at
    from raw_rows
    left join {{ ref('filtered_products') }} as filtered
        on raw_rows.raw_row_id = filtered.raw_row_id
    where filtered.raw_row_id is null

)

select * from accepted_rows
