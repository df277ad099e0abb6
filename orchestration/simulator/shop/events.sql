-- Every event of the batch as numbers, in the order of time; its text is made while writing.
create table events as
with

session_events as (

    select
        sessions.start_second + (shape_steps.step_no - 1) * 70
        + draw(sessions.session_key, 200 + shape_steps.step_no, 60) as second,
        shape_steps.kind_no,
        sessions.person,
        sessions.device_no,
        sessions.session_no,
        shape_steps.step_no,
        case
            when shape_steps.step_no < coalesce(sessions.login_step, 100) then 0
            when sessions.uses_duplicate then 2
            else 1
        end as user_mode,
        sessions.is_ga4,
        -- What a podcast host or a social network reports knows nothing of the session.
        sessions.has_session_id and shape_steps.kind_no not in (9, 12, 13, 14, 15)
            as has_session_id,
        if(shape_steps.step_no = 1, sessions.channel_no * 3 + sessions.channel_way, null)
            as mark_no,
        sessions.country_no,
        sessions.currency_no,
        if(shape_steps.kind_no in (3, 4), sessions.cart_no, null) as cart_no,
        if(
            shape_steps.line_number > 0,
            chosen_product(
                sessions.session_key,
                shape_steps.line_number,
                day_of(sessions.start_second),
                sessions.taste_no
            ),
            null
        ) as product_no,
        if(
            shape_steps.kind_no = 3,
            if(
                draw(sessions.session_key, 60 + shape_steps.line_number, 100) < 18,
                2 + draw(sessions.session_key, 70 + shape_steps.line_number, 2),
                1
            ),
            null
        ) as quantity,
        cast(null as bigint) as value_cents,
        cast(null as bigint) as order_no,
        cast(null as bigint) as reference,
        cast(null as bigint) as other_person,
        cast(null as tinyint) as detail,
        cast(null as integer) as until_day
    from sessions
    inner join shape_steps on shape_steps.shape_no = sessions.shape_no

),

-- The desk answers most chats within minutes, some much later and some never; what it sends knows
-- the device of the visit, yet is no part of it.
chat_answers as (

    select
        * replace (
            second + 20 + draw(session_no, 215, 240) * (1 + draw(session_no, 216, 12))
            + if(draw(session_no, 217, 100) < 4, 100000, 0) as second,
            cast(22 as tinyint) as kind_no,
            false as has_session_id
        )
    from session_events
    where kind_no = 21 and draw(session_no, 218, 100) < 88

),

talk_events as (

    select
        talks.second,
        talks.kind_no,
        talks.person,
        cast(null as bigint) as device_no,
        cast(null as bigint) as session_no,
        cast(1 as bigint) as step_no,
        if(talks.second < people.merge_day * 86400 and talks.kind_no in (55, 68), 2, 1)
            as user_mode,
        false as is_ga4,
        false as has_session_id,
        cast(null as bigint) as mark_no,
        people.country_no,
        talks.currency_no,
        cast(null as bigint) as cart_no,
        if(talks.kind_no in (47, 48), order_lines.product_no, null) as product_no,
        cast(null as bigint) as quantity,
        talks.value_cents,
        talks.order_no,
        talks.reference,
        talks.other_person,
        talks.detail,
        talks.until_day
    from talks
    inner join people on people.person = talks.person
    left join order_lines
        on order_lines.order_no = talks.order_no and order_lines.line_number = 1

),

all_events as (

    select * from session_events
    where second < getvariable('days') * 86400
    union all
    select * from chat_answers
    where second < getvariable('days') * 86400
    union all
    select * from talk_events

)

select
    cast(second as integer) as second,
    cast(kind_no as tinyint) as kind_no,
    cast(person as integer) as person,
    cast(device_no as integer) as device_no,
    session_no,
    cast(step_no as tinyint) as step_no,
    cast(user_mode as tinyint) as user_mode,
    is_ga4,
    has_session_id,
    cast(mark_no as tinyint) as mark_no,
    country_no,
    currency_no,
    cart_no,
    cast(product_no as smallint) as product_no,
    cast(quantity as tinyint) as quantity,
    cast(value_cents as integer) as value_cents,
    order_no,
    reference,
    cast(other_person as integer) as other_person,
    detail,
    until_day
from all_events
order by second, kind_no, person, session_no, step_no, reference, order_no;
