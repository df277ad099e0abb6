-- The graph of referrals: who brought whom, and what became of them.

with

first_orders as (

    select
        person_key,
        min(order_date) as first_order_on,
        count(*) as orders
    from {{ ref('int_booked_orders') }}
    group by person_key

),

referral_edges as (

    select
        referrers.person_id as referrer_id,
        referred.person_id as subject_id,
        edges.converted_on,
        edges.conversions,
        edges.referral_id,
        invitations.fact_date as invited_on,
        first_orders.first_order_on,
        coalesce(first_orders.orders, 0) as orders
    from {{ ref('int_referral_edges') }} as edges
    inner join {{ ref('int_persons') }} as referrers on edges.referrer_key = referrers.person_key
    inner join {{ ref('int_persons') }} as referred on edges.person_key = referred.person_key
    left join {{ ref('int_invitations') }} as invitations
        on edges.referral_id = invitations.referral_id
    left join first_orders on edges.person_key = first_orders.person_key

)

select * from referral_edges
