with

raw_rows as (

    {{ raw_rows('erasure_requests') }}

),

accepted_rows as (

    select
        raw_rows.customer_id,
        raw_rows.requested_at
    from raw_rows
    where
        not exists (
            select 1
            from {{ ref('filtered_erasure_requests') }} as filtered
            where filtered.raw_row_id = raw_rows.raw_row_id
        )

)

select * from accepted_rows
