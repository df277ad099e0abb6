with

raw_rows as (

    {{ raw_rows('exchange_rates') }}

),

accepted_rows as (

    select
        raw_rows.date,
        upper(raw_rows.currency) as currency,
        raw_rows.rate
    from raw_rows
    where
        not exists (
            select 1
            from {{ ref('filtered_exchange_rates') }} as filtered
            where filtered.raw_row_id = raw_rows.raw_row_id
        )

)

select * from accepted_rows
