-- Days with an order whose eve was lapsed. An order makes a subject active on its day, so such a
-- day is always a change of health from lapsed.

with

reactivations as (

    select
        order_days.subject_key,
        order_days.order_date as reactivated_on,
        order_days.voided_on,
        order_days.first_order_at as occurred_at,
        order_days.first_order_id as order_id
    from {{ ref('int_order_days') }} as order_days
    inner join {{ ref('int_health_changes') }} as health_changes
        on
            order_days.subject_key = health_changes.subject_key
            and order_days.order_date = health_changes.changed_on
    where health_changes.previous_health = 'lapsed'

)

select * from reactivations
