-- Booked orders as published by touch and attribution model. An order that nothing is known to have
-- touched stays on its own channel, as touch 0, so that every model adds up to all revenue.

with

attributed_orders as (

    select
        attributed.order_id,
        attributed.model,
        attributed.touch_number,
        attributed.touches,
        persons.person_id as subject_id,
        attributed.ordered_at,
        attributed.order_date as ordered_on,
        attributed.order_number = 1 as is_first_order,
        attributed.session_id,
        attributed.touched_at,
        attributed.touched_on,
        cast(attributed.days_before as integer) as days_before_order,
        attributed.channel,
        attributed.campaign,
        attributed.share,
        attributed.attributed_value,
        attributed.attributed_net_value
    from {{ ref('int_attributed_orders') }} as attributed
    inner join {{ ref('int_persons') }} as persons on attributed.person_key = persons.person_key

)

select * from attributed_orders
