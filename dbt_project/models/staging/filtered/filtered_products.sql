-- Of products given twice the one with the highest content hash stands.

with

contested_rows as (

    select
        raw_rows.raw_row_id,
        raw_rows.product_id,
        row_number() over (
            partition by raw_rows.product_id
            order by
                raw_rows.row_hash desc,
                raw_rows.raw_row_id asc
        ) as place
    from ({{ raw_rows('products') }}) as raw_rows
    where
        {{ key_hash(['raw_rows.product_id']) }} in (
            {{ repeated_keys('products', ['product_id']) }}
        )

),

filtered_rows as (

    select
        raw_row_id,
        product_id,
        'superseded' as reason
    from contested_rows
    where place > 1

)

select * from filtered_rows
