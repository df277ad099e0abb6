-- The days on which a subject ordered, for persons and for accounts (their members' orders pooled),
-- and from when on no order of that day stands any more.

with

person_orders as (

    select
        person_key as subject_key,
        order_id,
        created_at,
        order_date,
        voided_on
    from {{ ref('int_orders') }}

),

subject_orders as (

    select * from person_orders

    union all

    select
        members.account_key as subject_key,
        person_orders.order_id,
        person_orders.created_at,
        person_orders.order_date,
        person_orders.voided_on
    from person_orders
    inner join {{ ref('int_account_members') }} as members
        on person_orders.subject_key = members.person_key

),

order_days as (

    select
        subject_key,
        order_date,
        case when count(*) = count(voided_on) then max(voided_on) end as voided_on,
        min(created_at) as first_order_at,
        min_by(order_id, (created_at, order_id)) as first_order_id
    from subject_orders
    where
        voided_on is null
        or voided_on > order_date
    group by
        subject_key,
        order_date

)

select * from order_days
