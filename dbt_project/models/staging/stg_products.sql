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
    where
        not exists (
            select 1
            from {{ ref('filtered_products') }} as filtered
            where filtered.raw_row_id = raw_rows.raw_row_id
        )

)

select * from accepted_rows
