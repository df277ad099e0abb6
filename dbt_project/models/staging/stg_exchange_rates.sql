with

raw_rows as (

    {{ raw_rows('exchange_rates') }}

),

accepted_rows as (

    select
        raw_rows.date,
        raw_rows.currency,
        raw_rows.rate
    from raw_rows
    left join {{ ref('filtered_exchange_rates') }} as filtered
        on raw_rows.raw_row_id = filtered.raw_row_id
    where filtered.raw_row_id is null

)

select * from accepted_rows
