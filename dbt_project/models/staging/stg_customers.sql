with

raw_rows as (

    {{ raw_rows('customers') }}

),

accepted_rows as (

    select
        raw_rows.customer_id,
        raw_rows.created_at,
        raw_rows.updated_at,
        raw_rows.email,
        raw_rows.phone,
        raw_rows.first_name,
        raw_rows.last_name,
        raw_rows.birth_date,
        raw_rows.country,
        raw_rows.city,
        case
            when not coalesce(raw_rows.is_deleted, false)
                then {{ known_id('raw_rows.account_id') }}
        end as account_id,
        raw_rows.acquisition_channel,
        raw_rows.marketing_consent,
        raw_rows.attributes,
        coalesce(raw_rows.is_deleted, false) as is_deleted
    from raw_rows
    left join {{ ref('filtered_customers') }} as filtered
        on raw_rows.raw_row_id = filtered.raw_row_id
    where filtered.raw_row_id is null

)

select * from accepted_rows
