-- The first booked order of each person that can be named.

with

ranked_orders as (

    select
        orders.*,
        row_number() over (
            partition by orders.person_key
            order by orders.created_at, orders.order_id
        ) as place
    from {{ ref('int_booked_orders') }} as orders
    where not orders.is_guest

),

first_orders as (

    select
        ranked_orders.person_key,
        ranked_orders.order_id,
        ranked_orders.created_at,
        ranked_orders.order_date,
        ranked_orders.channel,
        coalesce(ranked_orders.campaign, '') as campaign,
        {{ days_between('subjects.first_seen_on', 'ranked_orders.order_date') }}
            as days_from_first_seen
    from ranked_orders
    inner join {{ ref('int_subjects') }} as subjects
        on ranked_orders.person_key = subjects.subject_key
    where ranked_orders.place = 1

)

select * from first_orders
