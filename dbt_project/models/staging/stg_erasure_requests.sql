with

raw_rows as (

    {{ raw_rows('erasure_requests') }}

),

accepted_rows as (

    select
        raw_rows.customer_id,
        raw_rows.requested_at
    from raw_rows
    left join {{ ref('filtered_erasure_requests') }} as filtered
        on raw_rows.raw_row_id = filtered.raw_row_id
    where filtered.raw_row_id is null

)

select * from accepted_rows
