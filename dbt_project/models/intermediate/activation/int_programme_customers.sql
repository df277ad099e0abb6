-- Customers whom marketing plays could reach, since when, and on which side of the programme they
-- are: the global control, or everybody else.

with

beginning as (

    select min(starts_on) as starts_on
    from {{ ref('int_plays') }}
    where
        not is_service
        and subject_type is not null

),

programme_customers as (

    select
        ids.person_key,
        greatest(ids.known_on, beginning.starts_on) as reached_from,
        case
            when {{ is_global_control('ids.person_id') }} then 'holdout'
            else 'treat'
        end as arm
    from {{ ref('int_customer_ids_known') }} as ids
    cross join beginning
    cross join {{ ref('int_settings') }} as settings
    where
        beginning.starts_on <= settings.as_of_date
        and ids.known_on <= settings.as_of_date

)

select * from programme_customers
