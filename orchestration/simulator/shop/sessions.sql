-- Visits: when, on which device, from which channel, of which shape, and from which step on the
-- person is logged in. A session's number is unique; its last digit says where it comes from
-- (1 purchase, 2 earlier cart of a recovered purchase, 3 visit, 4 sign-up, 5 help before a ticket).
create table sessions as
with

-- The stretches of a life in which somebody looks around, with the number of visits in each.
stretches as (

    select
        person,
        person_key,
        0 as first_place,
        aware_day as from_day,
        coalesce(register_day, buy_day, aware_day + 12) + 1 as until_day,
        case
            when is_customer then 1 + draw(person_key, 100, 4)
            -- Most visitors come once and never again.
            else [1, 1, 1, 1, 1, 2, 2, 3, 4, 5][1 + draw(person_key, 100, 10)]
        end as visits
    from people
    union all
    select
        person,
        person_key,
        64 as first_place,
        coalesce(buy_day, register_day) as from_day,
        coalesce(drift_day_1, getvariable('days')) as until_day,
        1 + (coalesce(drift_day_1, getvariable('days')) - coalesce(buy_day, register_day))
        // case buyer_type
            when 'fan' then 40 when 'regular' then 50 when 'casual' then 65 when 'member' then 45
            else 14
        end as visits
    from people
    where is_customer
    union all
    -- A few visitors whom everybody has forgotten look in again.
    select
        person,
        person_key,
        64 as first_place,
        aware_day + 200 + draw(person_key, 99, 150) as from_day,
        aware_day + 360 as until_day,
        1 as visits
    from people
    where not is_customer and draw(person_key, 98, 100) < 5
    union all
    -- Drifting people still look in once or twice.
    select
        person,
        person_key,
        320 as first_place,
        drift_day_1 as from_day,
        drift_day_1 + 30 as until_day,
        draw(person_key, 101, 3) as visits
    from people
    where drift_day_1 is not null and is_customer
    union all
    select
        person,
        person_key,
        384 as first_place,
        back_day - 6 as from_day,
        coalesce(drift_day_2, getvariable('days')) as until_day,
        1 + (coalesce(drift_day_2, getvariable('days')) - back_day) // 45 as visits
    from people
    where back_day is not null

),

visit_places as (

    select
        *,
        unnest(range(least(visits, 127))) as place
    from stretches

),

dated_visits as (

    select
        person,
        person <= getvariable('last_customer') as is_customer,
        first_place + place as place,
        mix(person_key, 6000 + first_place + place) as session_key,
        from_day + whole(
            (place + share(person_key, 7000 + first_place + place))
            * (until_day - from_day) / visits
        ) as visit_day
    from visit_places

),

plain_visits as (

    select
        person,
        (person * 512 + place) * 10 + 3 as session_no,
        session_key,
        visit_day * 86400 + 27000 + draw(session_key, 102, 29000) + draw(session_key, 103, 29000)
            as start_second,
        -- Looking is commonest; every seventh visit or so leaves a cart behind.
        case
            when not is_customer and draw(session_key, 119, 100) < 4 then 37
            else [20, 20, 20, 20, 20, 20, 20, 21, 21, 21, 21, 21, 21, 22, 22, 22, 23, 24, 25, 26,
                27, 28, 28, 29, 30, 30, 30, 31, 31, 32, 33, 34, 35, 36][
                1 + draw(session_key, 104, 34)
            ]
        end as shape_no,
        cast(null as bigint) as order_no
    from dated_visits
    where visit_day < getvariable('days')

),

sign_ups as (

    select
        person,
        person * 5120 + 5114 as session_no,
        mix(person_key, 105) as session_key,
        register_day * 86400 + 25000 + draw(person_key, 106, 3000) as start_second,
        40 + draw(person_key, 107, 4) as shape_no,
        cast(null as bigint) as order_no
    from people
    where is_customer

),

purchases as (

    select
        person,
        order_no * 10 + 1 as session_no,
        order_key as session_key,
        created_second - 900 as start_second,
        case
            when is_recovered then 15
            else line_count + 4 * draw(order_key, 108, 2)
        end as shape_no,
        order_no
    from orders
    where source_channel in ('web', 'app')

),

-- The cart of a recovered purchase was filled two to six days earlier.
earlier_carts as (

    select
        person,
        order_no * 10 + 2 as session_no,
        order_key as session_key,
        created_second - 900 - 2 * 86400 - draw(order_key, 109, 4 * 86400) as start_second,
        10 + line_count as shape_no,
        order_no
    from orders
    where is_recovered and source_channel in ('web', 'app')

),

-- Two tickets in five were written after the answer was looked for and not found.
help_visits as (

    select
        person,
        ticket_no * 10 + 5 as session_no,
        ticket_key as session_key,
        opened_second - 1800 - draw(ticket_key, 120, 70000) as start_second,
        34 + draw(ticket_key, 121, 2) as shape_no,
        cast(null as bigint) as order_no
    from tickets
    where opened_second < getvariable('days') * 86400 and draw(ticket_key, 122, 100) < 40

),

all_visits as (

    select * from plain_visits
    union all
    select * from sign_ups
    union all
    select * from purchases
    union all
    select * from earlier_carts
    where start_second >= 0
    union all
    select * from help_visits
    where start_second >= 0

),

placed_visits as (

    select
        all_visits.person,
        all_visits.session_no,
        all_visits.session_key,
        all_visits.start_second,
        all_visits.shape_no,
        all_visits.order_no,
        people.country_no,
        people.currency_no,
        case
            when people.shares_device and draw(all_visits.session_key, 110, 100) < 40
                then (people.person - 1) * 4
            else people.person * 4 + draw(all_visits.session_key, 111, people.device_count)
        end as device_no,
        -- A visit is logged in or not; buying and signing up always end logged in.
        case
            when not people.is_customer then null
            when all_visits.session_no % 10 = 4 then 2
            when day_of(all_visits.start_second) < people.register_day
                or (
                    day_of(all_visits.start_second) = people.register_day
                    and all_visits.order_no is null
                )
                then null
            when all_visits.session_no % 10 = 1 then 1 + draw(all_visits.session_key, 112, 2) * 3
            when draw(all_visits.session_key, 113, 100) < 55 then 1
        end as login_step,
        -- Carts have an id on three shops' pages out of four; else their session must do.
        case
            when draw(coalesce(all_visits.order_no, all_visits.session_no), 114, 100) < 78
                then coalesce(all_visits.order_no * 10 + 1, all_visits.session_no)
        end as cart_no,
        coalesce(
            day_of(all_visits.start_second) < people.merge_day
            and draw(all_visits.session_key, 115, 100) < 35,
            false
        ) as uses_duplicate,
        people.taste_no,
        people.arrival_channel_no,
        all_visits.start_second < (people.aware_day + 3) * 86400 as is_arriving,
        all_visits.start_second < (people.aware_day + 30) * 86400 as is_new_here,
        draw(all_visits.session_key, 116, 1000) as channel_draw
    from all_visits
    inner join people on people.person = all_visits.person

)

select
    person,
    session_no,
    session_key,
    start_second,
    shape_no,
    order_no,
    country_no,
    currency_no,
    device_no,
    login_step,
    cart_no,
    uses_duplicate,
    taste_no,
    cast(
        case
            when is_arriving then arrival_channel_no
            when is_new_here then arrival_channel(channel_draw)
            else later_channel(channel_draw)
        end as tinyint
    ) as channel_no,
    case
        when draw(session_key, 118, 100) < 60 then 0
        when draw(session_key, 118, 100) < 78 then 1
        else 2
    end as channel_way,
    -- GA4 always sends a session id, one of the two Segment set-ups does.
    cast(draw(device_no, 117, 100) < 30 as boolean) as is_ga4,
    draw(device_no, 117, 100) < 55 as has_session_id
from placed_visits
order by session_no;

-- Where each order came from: its own visit; a sale at the counter has none.
create table order_visits as
select
    orders.order_no,
    sessions.device_no,
    sessions.channel_no,
    sessions.cart_no,
    sessions.uses_duplicate
from orders
inner join sessions on sessions.session_no = orders.order_no * 10 + 1
order by orders.order_no;
