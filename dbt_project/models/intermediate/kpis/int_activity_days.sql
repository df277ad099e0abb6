-- The days on which a person did anything, visited, or had a booked order. Buyers without any id
-- are left out: whoever they are, nobody can see them come back.

with

person_days as (

    select
        'any' as activity,
        person_key,
        signal_date as active_on
    from {{ ref('int_signal_facts') }}
    group by
        person_key,
        signal_date

    union all

    select
        'visit' as activity,
        person_key,
        event_date as active_on
    from {{ ref('int_session_starts') }}
    group by
        person_key,
        event_date

),

known_person_days as (

    select person_days.*
    from person_days
    inner join {{ ref('int_person_attributes') }} as attributes
        on person_days.person_key = attributes.person_key
    where not attributes.is_guest

),

activity_days as (

    select * from known_person_days

    union all

    select
        'order' as activity,
        person_key,
        order_date as active_on
    from {{ ref('int_customer_order_days') }}

)

select * from activity_days
