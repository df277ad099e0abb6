-- Who counts as a customer wherever customers are told of one by one: persons with a customer id,
-- and visitors whose device has a booked order. Who is known by one order without any id is none.

with

buyers as (

    select person_key
    from {{ ref('int_booked_orders') }}
    where order_number = 1

),

customers as (

    select
        persons.person_key,
        subjects.subject_id,
        persons.customer_id,
        subjects.first_seen_on
    from {{ ref('int_subjects') }} as subjects
    inner join {{ ref('int_persons') }} as persons on subjects.subject_key = persons.person_key
    left join buyers on persons.person_key = buyers.person_key
    where
        persons.customer_id is not null
        or (buyers.person_key is not null and persons.guest_order_id is null)

)

select * from customers
