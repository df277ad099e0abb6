-- What happens between shop and customer outside of visits; the shop's server sends these events,
-- so they carry a customer id and no device. All share one shape:
-- second, kind_no, person, value_cents, currency_no, order_no, product_no, reference, other_person.
-- reference numbers the thing spoken of: a ticket, a survey, a message, a trial, a subscription.
create table talks as
with

talk_orders as (

    select
        orders.order_no,
        orders.order_key,
        orders.person,
        orders.created_second,
        orders.delivery_second,
        orders.is_delivered,
        orders.total_cents,
        orders.fate,
        orders.delivery_second > orders.created_second + 7 * 86400 as is_late,
        people.buyer_type,
        people.loyal_day,
        people.person_key
    from orders
    inner join people on people.person = orders.person
    where orders.is_customer and orders.fate = 'kept'

),

tickets as (

    select
        *,
        created_second + 7200 + draw(order_key, 120, 6 * 86400) as opened_second,
        1200 + draw(order_key, 121, 20000) * (1 + draw(order_key, 122, 6)) as response_wait,
        5000 + draw(order_key, 123, 40000) * (1 + draw(order_key, 124, 8)) as resolution_wait
    from talk_orders
    where draw(order_key, 125, 1000) < if(is_late, 300, 65)

),

ticket_talks as (

    select
        opened_second as second, 40 as kind_no, person, null as value_cents, order_no,
        order_no as reference
    from tickets
    union all
    select
        opened_second + response_wait as second, 41 as kind_no, person, null as value_cents,
        order_no, order_no as reference
    from tickets
    where draw(order_key, 126, 100) < 94
    union all
    select
        opened_second + response_wait + resolution_wait as second, 42 as kind_no, person,
        null as value_cents, order_no, order_no as reference
    from tickets
    where draw(order_key, 127, 100) < 89
    union all
    select
        opened_second + response_wait + resolution_wait + 3600 as second, 44 as kind_no,
        person, null as value_cents, order_no, order_no * 10 + 1 as reference
    from tickets
    where draw(order_key, 127, 100) < 89
    union all
    select
        opened_second + response_wait + resolution_wait + 7200
        + draw(order_key, 128, 5 * 86400) as second,
        46 as kind_no,
        person,
        100 * if(is_late, [1, 2, 3, 3, 4], [3, 4, 4, 5, 5])[1 + draw(order_key, 129, 5)]
            as value_cents,
        order_no,
        order_no * 10 + 1 as reference
    from tickets
    where draw(order_key, 127, 100) < 89 and draw(order_key, 130, 100) < 55

),

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
    where draw(order_key, 135, 100) < 42

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

loyalty_talks as (

    select
        join_second as second, 52 as kind_no, person, null as value_cents, null as order_no,
        null as reference
    from loyalty_joins
    union all
    select
        talk_orders.created_second + 30 as second,
        53 as kind_no,
        talk_orders.person,
        talk_orders.total_cents // 100 * 100 as value_cents,
        talk_orders.order_no,
        null as reference
    from talk_orders
    inner join loyalty_joins on loyalty_joins.person = talk_orders.person
    where talk_orders.created_second > loyalty_joins.join_second
    union all
    select
        talk_orders.created_second + 20 as second,
        54 as kind_no,
        talk_orders.person,
        100 * 50 * (1 + draw(talk_orders.order_key, 141, 3)) as value_cents,
        talk_orders.order_no,
        null as reference
    from talk_orders
    inner join loyalty_joins on loyalty_joins.person = talk_orders.person
    where
        talk_orders.created_second > loyalty_joins.join_second + 40 * 86400
        and draw(talk_orders.order_key, 142, 100) < 14

),

-- One letter every thirty days to everybody who agreed, until they unsubscribe or the list ends.
letters as (

    select
        people.person,
        mix(people.person_key, 8000 + campaigns.campaign_no) as letter_key,
        campaigns.campaign_no * 10000000 + people.person as reference,
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

letter_talks as (

    select sent_second as second, 55 as kind_no, person, reference
    from letters
    where draw(letter_key, 146, 100) < 98
    union all
    select
        sent_second + 300 + draw(letter_key, 147, 3 * 86400) as second, 56 as kind_no, person,
        reference
    from letters
    where draw(letter_key, 146, 100) < 98 and draw(letter_key, 148, 100) < 38
    union all
    select
        sent_second + 400 + draw(letter_key, 147, 3 * 86400) as second,
        if(draw(letter_key, 149, 10) < 7, 57, 58) as kind_no,
        person,
        reference
    from letters
    where draw(letter_key, 146, 100) < 98 and draw(letter_key, 148, 100) < 9
    union all
    select
        sent_second + 4000 + draw(letter_key, 150, 86400) as second,
        if(draw(letter_key, 149, 10) < 7, 59, 60) as kind_no,
        person,
        reference
    from letters
    where is_last and draw(letter_key, 146, 100) < 98

),

trial_talks as (

    select
        trial_second as second, 30 as kind_no, person, null as value_cents, currency_no,
        person as reference
    from trials
    union all
    select
        trial_second + trial_days * 86400 as second, 31 as kind_no, person,
        null as value_cents, currency_no, person as reference
    from trials

),

subscription_talks as (

    select
        month_second as second,
        if(month_no = 0, 32, 33) as kind_no,
        person,
        amount_cents as value_cents,
        currency_no,
        subscription_no as reference
    from subscription_months
    union all
    select
        start_second + change_month * 30 * 86400 + 5 * 86400 as second,
        34 as kind_no,
        person,
        changed_cents as value_cents,
        currency_no,
        subscription_no as reference
    from subscriptions
    where change_month < paid_months - 1
    union all
    select
        cancel_second as second, 35 as kind_no, person, first_cents as value_cents,
        currency_no, subscription_no as reference
    from subscriptions

),

all_talks as (

    select second, kind_no, person, value_cents, null as currency_no, order_no, reference,
        null as other_person
    from ticket_talks
    union all
    select second, kind_no, person, value_cents, null, order_no, reference, null
    from survey_talks
    union all
    select second, kind_no, person, value_cents, null, order_no, reference, null
    from review_talks
    union all
    select second, kind_no, person, value_cents, null, order_no, reference, null
    from loyalty_talks
    union all
    select second, kind_no, person, null, null, null, reference, null
    from letter_talks
    union all
    select second, kind_no, person, value_cents, currency_no, null, reference, null
    from trial_talks
    union all
    select second, kind_no, person, value_cents, currency_no, null, reference, null
    from subscription_talks
    union all
    select second, kind_no, person, null, null, null, reference, other_person
    from referral_talks
    union all
    select second, kind_no, person, null, null, null, null, null
    from account_talks

)

select
    cast(second as bigint) as second,
    cast(kind_no as tinyint) as kind_no,
    cast(person as bigint) as person,
    cast(value_cents as bigint) as value_cents,
    cast(currency_no as tinyint) as currency_no,
    cast(order_no as bigint) as order_no,
    cast(reference as bigint) as reference,
    cast(other_person as bigint) as other_person
from all_talks
where second < getvariable('days') * 86400
order by kind_no, person, second;
