-- The days on which a person did anything, visited, or had a booked order. Buyers without any id
-- are left out: whoever they are, nobody can see them come back.

with

person_days as (

    select
        signal_days.signal as activity,
        signal_days.subject_key as person_key,
        signal_days.signal_date as active_on
    from {{ ref('int_signal_days') }} as signal_days
    inner join {{ ref('int_person_attributes') }} as attributes
        on signal_days.subject_key = attributes.person_key
    where
        signal_days.signal in ('any', 'visit')
        and not attributes.is_guest

),

activity_days as (

    select * from person_days

    union all

    select
        'order' as activity,
        person_key,
        order_date as active_on
    from {{ ref('int_customer_order_days') }}

)

select * from activity_days
