-- Of products given twice the one of the last file stands; a tie goes to the highest content hash.
-- The second best says `superseded_without_time` where no time decided: one row per such key.

with

deliveries as (

    {{ deliveries('products') }}

),

contested_rows as (

    select
        raw_rows.raw_row_id,
        raw_rows.product_id,
        raw_rows.row_hash
    from ({{ raw_rows('products') }}) as raw_rows
    where
        {{ key_hash(['raw_rows.product_id']) }} in (
            {{ repeated_keys('products', ['product_id']) }}
        )

),

ranked_rows as (

    select
        contested_rows.*,
        row_number() over (
            partition by contested_rows.product_id
            order by
                deliveries.file_place desc nulls last,
                contested_rows.row_hash desc,
                contested_rows.raw_row_id asc
        ) as place
    from contested_rows
    left join deliveries
        on contested_rows.row_hash = deliveries.row_hash

),

filtered_rows as (

    select
        raw_row_id,
        product_id,
        case when place = 2 then 'superseded_without_time' else 'superseded' end as reason
    from ranked_rows
    where place > 1

)

select * from filtered_rows
