-- What the shop's server, its mail tools and its support desk report, and what customers do outside
-- of a shop's pages: these events carry a customer id and neither device nor session. All have
-- second, kind_no and person, and of the other columns of `talks` those they need: reference is the
-- number of what is spoken of (a ticket, a survey, a message, a trial, a plan), detail the topic of
-- a ticket or the months of a plan, until_day how far a plan is paid, or when a cancel ends it.
create table talks as
with

-- After a delivery the shop asks some whether they would recommend it, others whether they are
-- satisfied; so often that even a shop of 400 customers has months with 30 answers of each.
surveys as (

    select
        *,
        delivery_second + 6 * 86400 + draw(order_key, 131, 86400) as sent_second,
        draw(order_key, 132, 1000) < if(buyer_type = 'fan', 200, 330) as is_nps
    from talk_orders
    where is_delivered and draw(order_key, 132, 1000) < if(buyer_type = 'fan', 330, 530)

),

survey_talks as (

    select
        sent_second as second, if(is_nps, 43, 44) as kind_no, person, null as value_cents,
        order_no, order_no * 10 + if(is_nps, 2, 3) as reference
    from surveys
    union all
    select
        sent_second + 1800 + draw(order_key, 133, 9 * 86400) as second,
        if(is_nps, 45, 46) as kind_no,
        person,
        100 * case
            when is_nps and is_late then [0, 3, 5, 6, 7, 8]
            when is_nps and buyer_type = 'fan' then [8, 9, 9, 10, 10, 10]
            when is_nps and buyer_type = 'regular' then [6, 7, 8, 9, 9, 10]
            when is_nps then [2, 5, 7, 7, 8, 9]
            when is_late then [1, 2, 2, 3, 3, 4]
            else [3, 4, 4, 4, 5, 5]
        end[1 + draw(order_key, 134, 6)] as value_cents,
        order_no,
        order_no * 10 + if(is_nps, 2, 3) as reference
    from surveys
    where draw(order_key, 135, 100) < 47

),

review_talks as (

    select
        delivery_second + 86400 + draw(order_key, 136, 12 * 86400) as second,
        if(draw(order_key, 137, 10) < 6, 47, 48) as kind_no,
        person,
        100 * if(
            is_late,
            [1, 2, 2, 3, 4],
            if(buyer_type = 'fan', [4, 5, 5, 5, 5], [3, 4, 4, 5, 5])
        )[1 + draw(order_key, 138, 5)] as value_cents,
        order_no,
        null as reference
    from talk_orders
    where is_delivered and draw(order_key, 139, 1000) < if(buyer_type = 'fan', 35, 50)

),

-- Every point earned is a unit of money spent; sometimes a balance is spent again.
loyalty_joins as (

    select person, person_key, loyal_day * 86400 + 45000 as join_second
    from people
    where loyal_day is not null and draw(person_key, 140, 100) < 65

),

loyalty_orders as (

    select
        talk_orders.*,
        loyalty_joins.join_second,
        100 * 50 * (1 + draw(talk_orders.order_key, 141, 3)) as wanted_cents,
        talk_orders.created_second > loyalty_joins.join_second + 40 * 86400
        and draw(talk_orders.order_key, 142, 100) < 14 as wants_to_redeem,
        talk_orders.total_cents // 100 * 100 as earned_cents
    from talk_orders
    inner join loyalty_joins on loyalty_joins.person = talk_orders.person
    where talk_orders.created_second > loyalty_joins.join_second

),

-- Nobody spends more than was earned before.
balances as (

    select
        *,
        coalesce(
            sum(earned_cents) over (
                partition by person
                order by created_second, order_no
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) - sum(if(wants_to_redeem, wanted_cents, 0)) over (
            partition by person
            order by created_second, order_no
            rows between unbounded preceding and current row
        ) as least_balance
    from loyalty_orders

),

loyalty_talks as (

    select
        join_second as second, 52 as kind_no, person, null as value_cents, null as order_no,
        null as reference
    from loyalty_joins
    union all
    select
        created_second + 30 as second,
        53 as kind_no,
        person,
        earned_cents as value_cents,
        order_no,
        null as reference
    from loyalty_orders
    union all
    select
        created_second + 20 as second,
        54 as kind_no,
        person,
        wanted_cents as value_cents,
        order_no,
        null as reference
    from balances
    where wants_to_redeem and least_balance >= 0

),

-- One letter every thirty days to everybody who agreed, until they unsubscribe or the list ends.
letters as (

    select
        people.person,
        mix(people.person_key, 8000 + campaigns.campaign_no) as letter_key,
        campaigns.campaign_no * 10000000 + people.person as reference,
        campaigns.campaign_no % 4 = 3 as is_offer,
        campaigns.campaign_no * 30 * 86400 + 3 * 86400 + 32400
        + draw(people.person_key, 143, 7200) as sent_second,
        draw(people.person_key, 144, 100) < 16
        and campaigns.campaign_no
        = people.register_day // 30 + 2 + draw(people.person_key, 145, 12) as is_last
    from people
    cross join range(getvariable('days') // 30 + 1) as campaigns (campaign_no)
    where
        people.has_consent
        and campaigns.campaign_no * 30 > people.register_day
        -- The list is cleaned of people who stay away for half a year.
        and campaigns.campaign_no * 30 < coalesce(people.gone_day_1 + 120, 100000)
        and not (
            draw(people.person_key, 144, 100) < 16
            and campaigns.campaign_no
            > people.register_day // 30 + 2 + draw(people.person_key, 145, 12)
        )

),

sent_letters as (

    select *
    from letters
    where draw(letter_key, 146, 100) < 98

),

-- Every fourth letter is sent by another tool, which has names of its own.
letter_talks as (

    select sent_second as second, if(is_offer, 68, 55) as kind_no, person, reference
    from sent_letters
    union all
    select
        sent_second + 300 + draw(letter_key, 147, 3 * 86400) as second,
        if(is_offer, 69, 56) as kind_no,
        person,
        reference
    from sent_letters
    where draw(letter_key, 148, 100) < 38
    union all
    select
        sent_second + 400 + draw(letter_key, 147, 3 * 86400) as second,
        if(is_offer, 70, if(draw(letter_key, 149, 10) < 7, 57, 58)) as kind_no,
        person,
        reference
    from sent_letters
    where draw(letter_key, 148, 100) < 9
    union all
    select
        sent_second + 4000 + draw(letter_key, 150, 86400) as second,
        if(is_offer, 71, if(draw(letter_key, 149, 10) < 7, 59, 60)) as kind_no,
        person,
        reference
    from sent_letters
    where is_last

),

-- Beginners find their way about, or not; most try a few of the things the account can do.
beginners as (

    select
        person,
        person_key,
        buy_day * 86400 + 83000 as first_second,
        coalesce(gone_day_1, 100000) * 86400 as last_second
    from people
    where is_customer and buy_day is not null

),

feature_uses as (

    select
        *,
        unnest(range(draw(person_key, 153, 7) - 1)) as place
    from beginners

),

beginner_talks as (

    select
        first_second + draw(person_key, 151, 45 * 86400) as second,
        38 as kind_no,
        person
    from beginners
    where draw(person_key, 152, 100) < 48 and second < last_second
    union all
    select
        first_second + place * 9 * 86400 + draw(person_key, 11000 + place, 8 * 86400) as second,
        39 as kind_no,
        person
    from feature_uses
    where second < last_second

),

-- The carrier tells of two parcels in five, and the shop of every cancelled order.
order_talks as (

    select
        created_second + (delivery_second - created_second) // 4 as second,
        65 as kind_no,
        person,
        order_no
    from talk_orders
    where delivery_second > created_second and draw(order_key, 154, 100) < 40
    union all
    select delivery_second as second, 66 as kind_no, person, order_no
    from talk_orders
    where delivery_second > created_second and draw(order_key, 154, 100) < 40
    union all
    select cancel_second as second, 67 as kind_no, person, order_no
    from orders
    where is_cancelled and is_customer

),

all_talks as (

    select * from subscription_talks
    union all by name
    select * from ticket_talks
    union all by name
    select * from referral_talks
    union all by name
    select * from account_talks
    union all by name
    select * from survey_talks
    union all by name
    select * from review_talks
    union all by name
    select * from loyalty_talks
    union all by name
    select * from letter_talks
    union all by name
    select * from beginner_talks
    union all by name
    select * from order_talks

)

select
    cast(second as bigint) as second,
    cast(kind_no as tinyint) as kind_no,
    cast(person as bigint) as person,
    cast(value_cents as bigint) as value_cents,
    cast(currency_no as tinyint) as currency_no,
    cast(order_no as bigint) as order_no,
    cast(reference as bigint) as reference,
    cast(other_person as bigint) as other_person,
    cast(detail as tinyint) as detail,
    cast(until_day as integer) as until_day
from all_talks
where second < getvariable('days') * 86400
order by kind_no, person, second;
