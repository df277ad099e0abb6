-- New customers on the date of their first booked order, invitations on the date of sending.

with

first_orders as (

    select
        person_key,
        min(order_date) as fact_date,
        min_by(
            coalesce(nullif(trim(referral_code), ''), ''), (created_at, order_id)
        ) as referral_code
    from {{ ref('int_booked_orders') }}
    where not is_guest
    group by person_key

),

referred_persons as (

    select person_key
    from {{ ref('int_referral_edges') }}
    group by person_key

),

facts as (

    select
        first_orders.fact_date,
        first_orders.person_key,
        1 as new_customers,
        case
            when first_orders.referral_code <> '' or referred_persons.person_key is not null
                then 1
        end as referred_customers,
        cast(null as integer) as invitations,
        cast(null as integer) as converted_invitations
    from first_orders
    left join referred_persons on first_orders.person_key = referred_persons.person_key

    union all

    select
        fact_date,
        person_key,
        cast(null as integer) as new_customers,
        cast(null as integer) as referred_customers,
        1 as invitations,
        case when converted_on is not null then 1 else 0 end as converted_invitations
    from {{ ref('int_invitations') }}

)

select * from facts
