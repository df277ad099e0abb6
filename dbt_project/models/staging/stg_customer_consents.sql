-- What every version of a customer's row said of consent, and when: superseded ones, too, since they
-- were what was known then.

with

raw_rows as (

    {{ raw_rows('customers') }}

),

stated_consents as (

    select
        raw_rows.raw_row_id,
        raw_rows.customer_id,
        coalesce(raw_rows.updated_at, raw_rows.loaded_at) as stated_at,
        raw_rows.marketing_consent
    from raw_rows
    left join {{ ref('filtered_customers') }} as filtered
        on raw_rows.raw_row_id = filtered.raw_row_id
    where
        filtered.raw_row_id is null
        or filtered.reason in ('superseded', 'superseded_without_time')

)

select * from stated_consents
