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
    left join {{ ref('filtered_customer_merges') }} as filtered
        on raw_rows.raw_row_id = filtered.raw_row_id
    where filtered.raw_row_id is null

)

select * from accepted_rows
