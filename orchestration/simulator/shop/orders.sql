-- Orders and their lines, as they stand at the end of the simulated time.
-- An order's number is person * 512 + place, so it never depends on other customers.
create table order_plans as
with

runs as (

    select
        person,
        person_key,
        0 as first_place,
        buy_day as from_day,
        least(coalesce(drift_day_1, getvariable('days')), getvariable('days')) as until_day,
        pace_days
    from people
    where buy_day is not null and buyer_type <> 'member'
    union all
    select
        person,
        mix(person_key, 50) as person_key,
        192 as first_place,
        back_day as from_day,
        least(coalesce(drift_day_2, getvariable('days')), getvariable('days')) as until_day,
        least(pace_days, 70) as pace_days
    from people
    where back_day is not null and buyer_type <> 'member'

),

wishes as (

    select
        *,
        unnest(
            range(least(190, 2 + whole((until_day - from_day) * 1.5 / pace_days)))
        ) as place
    from runs

),

-- The product of two uniform draws has the long right tail that gaps between orders have.
spaced_wishes as (

    select
        *,
        sum(
            if(
                place = 0,
                0,
                whole(
                    1440 * pace_days
                    -- The longer somebody has been buying, the longer they wait.
                    * if(getvariable('has_drift'), 1 + 0.006 * least(place, 60), 1)
                    * (0.2 + 1.6 * share(person_key, 1000 + place))
                    * (0.2 + 1.6 * share(person_key, 2000 + place))
                )
            )
        ) over (
            partition by person, first_place
            order by place
            rows between unbounded preceding and current row
        ) as minutes_later
    from wishes

),

dated_wishes as (

    select
        *,
        from_day + cast(minutes_later as bigint) // 1440 as order_day
    from spaced_wishes

),

-- Seasons: a wish is kept with the share of its month, a little less often on Sundays.
kept_wishes as (

    select
        *,
        cast(getvariable('start_date') as date) + cast(order_day as integer) as order_date
    from dated_wishes
    where order_day < until_day

),

bought_wishes as (

    select
        person,
        person * 512 + first_place + place as order_no,
        mix(person_key, 3000 + place) as order_key,
        first_place + place = 0 as is_first,
        order_day
    from kept_wishes
    where
        place = 0
        or draw(person_key, 4000 + place, 100)
        < [74, 76, 80, 82, 84, 78, 68, 66, 82, 88, 100, 100][month(order_date)]
        - if(isodow(order_date) = 7, 12, 0)

),

-- Shops sell in the day and in the evening: the sum of two draws peaks at about 16 h.
timed_orders as (

    select
        person,
        order_no,
        order_key,
        is_first,
        order_day * 86400 + 29000 + draw(order_key, 51, 28000) + draw(order_key, 52, 28000)
            as created_second,
        cast(null as bigint) as subscription_no,
        cast(null as bigint) as amount_cents,
        draw(order_key, 53, 100) as place_draw
    from bought_wishes
    union all
    -- A charge of a plan of deliveries is an order as well.
    select
        person,
        person * 512 + 400 + slot * 50 + place as order_no,
        mix(subscription_no, 5000 + place) as order_key,
        false as is_first,
        paid_second + 60 as created_second,
        subscription_no,
        amount_cents * interval_months as amount_cents,
        null as place_draw
    from charges
    where is_delivered

)

select
    timed_orders.person,
    timed_orders.order_no,
    timed_orders.order_key,
    timed_orders.is_first,
    timed_orders.created_second,
    timed_orders.subscription_no,
    timed_orders.amount_cents,
    people.is_customer,
    people.country_no,
    people.currency_no,
    people.merge_day,
    people.taste_no,
    case
        when timed_orders.subscription_no is not null then 'subscription'
        when timed_orders.is_first or timed_orders.place_draw < 82 then 'web'
        when timed_orders.place_draw < 90 then 'app'
        when timed_orders.place_draw < 95 then 'pos'
        when timed_orders.place_draw < 98 then 'marketplace'
        else 'phone'
    end as source_channel,
    case
        when timed_orders.subscription_no is not null then 1
        when draw(timed_orders.order_key, 54, 100) < 45 then 1
        when draw(timed_orders.order_key, 54, 100) < 77 then 2
        when draw(timed_orders.order_key, 54, 100) < 93 then 3
        else 4
    end as line_count,
    -- A charge that failed is no order, so that what a plan charged stands.
    if(timed_orders.subscription_no is null, draw(timed_orders.order_key, 55, 1000), 999)
        as fate_draw,
    draw(timed_orders.order_key, 56, 1000) as coupon_draw,
    not timed_orders.is_first
    and timed_orders.place_draw < 82
    and draw(timed_orders.order_key, 57, 100) < 6 as is_recovered
from timed_orders
inner join people on people.person = timed_orders.person
order by timed_orders.order_no;

create table order_lines as
with

wanted_lines as (

    select
        order_plans.order_no,
        order_plans.currency_no,
        order_plans.amount_cents,
        order_plans.coupon_draw,
        lines.line_number,
        order_plans.order_key,
        case
            when order_plans.subscription_no is not null then draw(order_plans.order_key, 58, 3) * 2
            else chosen_product(
                order_plans.order_key,
                lines.line_number,
                day_of(order_plans.created_second),
                order_plans.taste_no
            )
        end as product_no,
        if(
            order_plans.subscription_no is null
            and draw(order_plans.order_key, 60 + lines.line_number, 100) < 18,
            2 + draw(order_plans.order_key, 70 + lines.line_number, 2),
            1
        ) as quantity
    from order_plans
    inner join range(1, 5) as lines (line_number)
        on lines.line_number <= order_plans.line_count

),

priced_lines as (

    select
        wanted_lines.*,
        coalesce(
            wanted_lines.amount_cents,
            product_prices.unit_cents
        ) as unit_cents,
        if(wanted_lines.coupon_draw < 120, if(wanted_lines.coupon_draw < 70, 10, 20), 0)
            as discount_percent
    from wanted_lines
    inner join product_prices
        on
            product_prices.product_no = wanted_lines.product_no
            and product_prices.currency_no = wanted_lines.currency_no

)

select
    order_no,
    line_number,
    cast(product_no as smallint) as product_no,
    quantity,
    unit_cents,
    unit_cents * quantity * discount_percent // 100 as discount_cents
from priced_lines
order by order_no, line_number;

create table orders as
with

order_sums as (

    select
        order_no,
        sum(unit_cents * quantity) as subtotal_cents,
        sum(discount_cents) as discount_cents
    from order_lines
    group by order_no

),

priced_orders as (

    select
        order_plans.*,
        cast(order_sums.subtotal_cents as bigint) as subtotal_cents,
        cast(order_sums.discount_cents as bigint) as discount_cents,
        case
            when order_plans.source_channel in ('web', 'app', 'phone', 'marketplace')
                and order_sums.subtotal_cents - order_sums.discount_cents < 4500
                then 490
            else 0
        end as shipping_cents,
        -- VAT or sales tax on top, in whole cents.
        cast(
            (order_sums.subtotal_cents - order_sums.discount_cents)
            * [19, 8, 20][1 + order_plans.currency_no] // 100 as bigint
        ) as tax_cents,
        case
            when order_plans.fate_draw < 18 then 'failed'
            when order_plans.fate_draw < 45 then 'cancelled'
            when order_plans.fate_draw < 49 then 'test'
            when order_plans.fate_draw < 51 then 'deleted'
            when order_plans.fate_draw < 54 then 'cancelled_undated'
            when order_plans.fate_draw < 58 then 'pending'
            when
                order_plans.fate_draw < 200
                and order_plans.created_second > (getvariable('days') - 2) * 86400
                then 'pending'
            else 'kept'
        end as fate,
        -- 8 % of the parcels are late, a few of them after the promised week and the 14 days.
        order_plans.created_second + case
            when order_plans.source_channel = 'pos' then 0
            when draw(order_plans.order_key, 81, 100) < 8
                then 9 * 86400 + draw(order_plans.order_key, 82, 10 * 86400)
            else 86400 + draw(order_plans.order_key, 82, 5 * 86400)
        end as delivery_second,
        order_plans.created_second + 300 + draw(order_plans.order_key, 83, 100000)
            as cancel_second,
        order_plans.created_second + 12 * 86400 + draw(order_plans.order_key, 84, 20 * 86400)
            as refund_second,
        draw(order_plans.order_key, 85, 1000) as refund_draw
    from order_plans
    inner join order_sums on order_sums.order_no = order_plans.order_no

),

fated_orders as (

    select
        *,
        subtotal_cents - discount_cents + shipping_cents + tax_cents as total_cents,
        fate = 'cancelled' and cancel_second < getvariable('days') * 86400 as is_cancelled,
        fate in ('kept', 'test', 'deleted') and delivery_second < getvariable('days') * 86400
            as is_delivered,
        fate = 'kept'
        and greatest(refund_second, delivery_second + 3600) < getvariable('days') * 86400
        and refund_draw < 65 as is_refunded
    from priced_orders

)

select
    *,
    -- 22 in full at once, 8 in full by two parts, the rest in part.
    case
        when not is_refunded then null
        when refund_draw < 22 then 'full'
        when refund_draw < 30 then 'halves'
        else 'part'
    end as refund_kind,
    case
        when fate = 'failed' then 'failed'
        when is_cancelled or fate = 'cancelled_undated' then 'cancelled'
        when fate = 'pending' then 'pending'
        when is_refunded and refund_draw < 30 then 'refunded'
        when is_refunded then 'partially_refunded'
        when is_delivered then 'delivered'
        when created_second + 86400 < getvariable('days') * 86400 then 'fulfilled'
        else 'paid'
    end as status
from fated_orders
order by order_no;

create table refunds as
with

refund_parts as (

    select
        order_no,
        order_key,
        1 as part,
        greatest(refund_second, delivery_second + 3600) as refund_second,
        case refund_kind
            when 'full' then total_cents
            when 'halves' then total_cents // 2
            else greatest(100, total_cents * (10 + draw(order_key, 86, 60)) // 100)
        end as refund_cents
    from orders
    where is_refunded
    union all
    select
        order_no,
        order_key,
        2 as part,
        greatest(refund_second, delivery_second + 3600) + 200000 as refund_second,
        total_cents - total_cents // 2 as refund_cents
    from orders
    where refund_kind = 'halves'

)

select
    *,
    ['damaged', 'late', 'changed mind', 'wrong item'][1 + draw(order_key, 87, 4)] as reason
from refund_parts
where refund_second < getvariable('days') * 86400
order by order_no, part;

-- The orders of customers that stand: what tickets, surveys, reviews and points speak of.
create table talk_orders as
select
    orders.order_no,
    orders.order_key,
    orders.person,
    orders.created_second,
    orders.delivery_second,
    orders.is_delivered,
    orders.total_cents,
    orders.delivery_second > orders.created_second + 7 * 86400 as is_late,
    people.buyer_type
from orders
inner join people on people.person = orders.person
where orders.is_customer and orders.fate = 'kept'
order by orders.order_no;
