-- The first booked order of each person that can be named.

with

first_orders as (

    select
        orders.person_key,
        orders.order_id,
        orders.created_at,
        orders.order_date,
        orders.channel,
        coalesce(orders.campaign, '') as campaign,
        {{ days_between('subjects.first_seen_on', 'orders.order_date') }}
            as days_from_first_seen
    from {{ ref('int_booked_orders') }} as orders
    inner join {{ ref('int_subjects') }} as subjects
        on orders.person_key = subjects.subject_key
    where
        orders.order_number = 1
        and not orders.is_guest

)

select * from first_orders
