-- Booked orders as published by touch and attribution model. An order that nothing is known to have
-- touched stays on its own channel, as touch 0, so that every model adds up to all revenue.

with

attributed_orders as (

    select
        attributed.order_id,
        attributed.model,
        cast(attributed.touch_number as bigint) as touch_number,
        coalesce(touches.touches, 0) as touches,
        persons.person_id as subject_id,
        orders.created_at as ordered_at,
        orders.order_date as ordered_on,
        orders.order_number = 1 as is_first_order,
        touches.session_id,
        touches.touched_at,
        touches.touched_on,
        cast(touches.days_before as integer) as days_before_order,
        coalesce(touches.channel, orders.channel) as channel,
        coalesce(touches.campaign, orders.campaign, '') as campaign,
        attributed.share,
        attributed.attributed_value,
        attributed.attributed_net_value
    from {{ ref('int_attributed_orders') }} as attributed
    inner join {{ ref('int_booked_orders') }} as orders
        on attributed.order_id = orders.order_id
    inner join {{ ref('int_persons') }} as persons
        on orders.person_key = persons.person_key
    left join {{ ref('int_order_touches') }} as touches
        on
            attributed.order_id = touches.order_id
            and attributed.touch_number = touches.touch_number

)

select * from attributed_orders
