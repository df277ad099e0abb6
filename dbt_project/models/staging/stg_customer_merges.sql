with

raw_rows as (

    {{ raw_rows('customer_merges') }}

),

accepted_rows as (

    select
        raw_rows.from_customer_id,
        raw_rows.into_customer_id,
        raw_rows.merged_at
    from raw_rows
    where
        not exists (
            select 1
            from {{ ref('filtered_customer_merges') }} as filtered
            where filtered.raw_row_id = raw_rows.raw_row_id
        )

)

select * from accepted_rows
