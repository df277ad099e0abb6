-- Trials, and plans of one, three and twelve months: who tries, who pays, which charges fail, who
-- pauses and who leaves. The truth of a plan is its stretches: runs of charges without a gap.
create table trials as
with

trying_people as (

    select
        *,
        greatest(register_day, coalesce(buy_day, 0)) + draw(person_key, 30, 40) as trial_day
    from people
    where
        is_customer and buyer_type <> 'member'
        and draw(person_key, 31, 100) < if(buyer_type = 'looker', 12, 22)

)

select
    person,
    person_key,
    currency_no,
    trial_day,
    trial_day * 86400 + 30000 + draw(person_key, 32, 40000) as trial_second,
    -- A fifth of the trials run for 30 days, the others for 14.
    if(draw(person_key, 33, 5) = 0, 30, 14) as trial_days,
    -- A buyer often stays after the trial; one who only looks never does.
    buy_day is not null
    and trial_day + 31 < coalesce(drift_day_1, 100000)
    and draw(person_key, 34, 100) < 60 as stays,
    drift_day_1,
    back_day,
    drift_day_2
from trying_people
where trial_day < getvariable('days')
order by person;

-- The second in which a plan that began at `second` has run for `months` calendar months.
create macro months_later(second, months) as
    date_diff(
        'second',
        cast(getvariable('start_date') as timestamp),
        moment(second) + to_months(cast(months as integer))
    );

-- One row per plan; its number is person * 8 + slot. Deliveries (slots 0 and 1) are charged by the
-- shop, so each charge is an order too; memberships (2 and 4, the second beside another plan) and
-- companies' plans (3) are not.
create table subscriptions as
with

begun_subscriptions as (

    select
        person,
        0 as slot,
        trial_second + trial_days * 86400 + 600 as start_second,
        drift_day_1 as last_day
    from trials
    where stays
    union all
    -- A customer who comes back sometimes takes a plan again.
    select person, 1 as slot, back_day * 86400 + 500000 as start_second, drift_day_2 as last_day
    from trials
    where stays and back_day is not null and draw(person_key, 43, 100) < 60
    union all
    select
        person,
        2 as slot,
        buy_day * 86400 + 30000 + draw(person_key, 35, 40000) as start_second,
        drift_day_1 as last_day
    from people
    where buyer_type = 'member' and buy_day is not null
    union all
    select
        lead_person as person,
        3 as slot,
        contract_day * 86400 + 43200 as start_second,
        stop_day as last_day
    from accounts
    where contract_day is not null
    union all
    select
        person,
        4 as slot,
        (greatest(buy_day, register_day) + 60 + draw(person_key, 36, 60)) * 86400 + 41000
            as start_second,
        drift_day_1 as last_day
    from people
    where
        is_customer and buy_day is not null
        and draw(person_key, 37, 100) < if(buyer_type = 'member', 40, 18)

),

keyed_subscriptions as (

    select
        begun_subscriptions.*,
        people.currency_no,
        people.person * 8 + begun_subscriptions.slot as subscription_no,
        mix(people.person_key, 41 * 8 + begun_subscriptions.slot) as plan_key
    from begun_subscriptions
    inner join people on people.person = begun_subscriptions.person
    where
        begun_subscriptions.start_second < (getvariable('days') - 1) * 86400
        and begun_subscriptions.start_second
        < coalesce(begun_subscriptions.last_day, 100000) * 86400

),

planned_subscriptions as (

    select
        *,
        case
            when draw(plan_key, 49, 100) < if(slot = 3, 30, 55) then 1
            when draw(plan_key, 49, 100) < if(slot = 3, 55, 78) then 3
            else 12
        end as interval_months,
        draw(plan_key, 44, 3) as plan_no,
        -- The smallest plan can only grow and the largest only shrink.
        case draw(plan_key, 44, 3)
            when 0 then 1
            when 2 then 1
            else if(draw(plan_key, 48, 100) < 60, 2, 0)
        end as changed_plan_no
    from keyed_subscriptions

),

-- Per month; who pays for longer at once pays less, and companies pay for many.
priced_subscriptions as (

    select
        *,
        [[1490, 2490, 3990], [9900, 14900, 24900]][1 + cast(slot = 3 as integer)] as amounts,
        case interval_months when 1 then 100 when 3 then 90 else 80 end as amount_percent
    from planned_subscriptions

)

select
    subscription_no,
    person,
    slot,
    plan_key,
    currency_no,
    interval_months,
    start_second,
    coalesce(last_day, 100000) as last_day,
    slot in (0, 1) as is_delivered,
    -- One of the shop's two billing tools says how far each charge pays.
    draw(plan_key, 38, 100) < 50 as states_paid_until,
    -- After this charge another amount is paid, if the plan lasts that long.
    if(draw(plan_key, 46, 100) < 60, draw(plan_key, 47, 5), null) as change_place,
    cast(amounts[1 + plan_no] * amount_percent // 100 as bigint) as first_cents,
    cast(amounts[1 + changed_plan_no] * amount_percent // 100 as bigint) as changed_cents
from priced_subscriptions
order by subscription_no;

-- Runs of charges without a gap. Whoever pauses comes back under the same number, and of those
-- who only ceased to pay some do, when the claim has long expired.
create table stretches as
with

first_stretches as (

    select
        *,
        1 as stretch_no,
        0 as first_place,
        mix(plan_key, 39) as stretch_key,
        start_second as from_second,
        least(
            case interval_months
                when 1 then 2 + draw(plan_key, 60, 14)
                when 3 then 1 + draw(plan_key, 60, 5)
                else 1 + draw(plan_key, 60, 3)
            end,
            -- Eight days are room for a charge that fails at first; months are 31 days at most.
            1 + greatest(0, last_day - 8 - day_of(start_second)) // (31 * interval_months)
        ) as charge_count
    from subscriptions

),

wished_ends as (

    select
        *,
        months_later(from_second, charge_count * interval_months) as end_second,
        case
            when draw(stretch_key, 61, 100) < 24 then 'paused'
            when draw(stretch_key, 61, 100) < 58 then 'cancelled'
            when draw(stretch_key, 61, 100) < 80 then 'payment_failed'
            else 'not_renewed'
        end as wish
    from first_stretches

),

wished_returns as (

    select
        *,
        case
            when wish = 'paused' then end_second + (15 + draw(stretch_key, 62, 90)) * 86400
            when wish <> 'cancelled' and draw(stretch_key, 63, 100) < 45
                then end_second + (55 + draw(stretch_key, 62, 80)) * 86400
        end as return_second
    from wished_ends

),

-- Nobody comes back to a plan after having turned away from the shop.
first_ends as (

    select
        * replace (
            if(day_of(return_second) < last_day, return_second, null) as return_second,
            if(
                wish = 'paused' and day_of(return_second) >= last_day, 'cancelled', wish
            ) as wish
        )
    from wished_returns

),

second_stretches as (

    select
        * replace (
            2 as stretch_no,
            charge_count as first_place,
            mix(plan_key, 40) as stretch_key,
            return_second as from_second,
            least(
                if(interval_months = 1, 2 + draw(plan_key, 64, 10), 1 + draw(plan_key, 64, 3)),
                1 + greatest(0, last_day - 8 - day_of(return_second)) // (31 * interval_months)
            ) as charge_count
        )
    from first_ends
    where return_second < (getvariable('days') - 1) * 86400

),

second_ends as (

    select
        * replace (
            months_later(from_second, charge_count * interval_months) as end_second,
            ['cancelled', 'payment_failed', 'not_renewed'][
                1 + draw(stretch_key, 61, 3)
            ] as wish
        )
    from second_stretches

),

all_stretches as (

    select * from first_ends
    union all
    select * from second_ends

),

dated_stretches as (

    select
        *,
        months_later(from_second, (charge_count - 1) * interval_months) + 7 * 86400
            as first_cancel_second
    from all_stretches

)

select
    * exclude (wish, return_second, first_cancel_second),
    wish as why,
    -- Most cancels are for the end of what is paid, and every pause is.
    wish = 'paused' or draw(stretch_key, 65, 100) < 65 as ends_with_its_period,
    if(
        wish in ('paused', 'cancelled'),
        first_cancel_second + draw(stretch_key, 66, end_second - first_cancel_second - 86400),
        null
    ) as cancel_second,
    if(first_place + charge_count - 1 > change_place, changed_cents, first_cents) as last_cents
from dated_stretches
order by subscription_no, stretch_no;

-- One row per charge that was paid in the end; `place` counts on through the stretches of a plan.
create table charges as
with

numbered_charges as (

    select
        *,
        unnest(range(charge_count)) as charge_no
    from stretches

),

due_charges as (

    select
        *,
        first_place + charge_no as place,
        mix(plan_key, 100 + first_place + charge_no) as charge_key,
        months_later(from_second, charge_no * interval_months) as due_second,
        months_later(from_second, (charge_no + 1) * interval_months) as paid_until_second
    from numbered_charges

),

delayed_charges as (

    select
        *,
        if(
            charge_no > 0 and draw(charge_key, 67, 100) < 9,
            70000 + draw(charge_key, 68, 5 * 86400),
            0
        ) as delay_seconds
    from due_charges

)

select
    subscription_no,
    stretch_no,
    person,
    slot,
    currency_no,
    interval_months,
    is_delivered,
    states_paid_until,
    place,
    charge_key,
    due_second,
    delay_seconds,
    due_second + delay_seconds as paid_second,
    paid_until_second,
    if(place > change_place, changed_cents, first_cents) as amount_cents,
    if(place = change_place and charge_no < charge_count - 1, changed_cents, null)
        as next_amount_cents,
    case
        when place = 0 then 32
        -- Some tools call a return a new start.
        when charge_no = 0 and draw(charge_key, 69, 100) < 40 then 32
        else 33
    end as kind_no
from delayed_charges
-- A minute is left for the order.
where due_second + delay_seconds + 60 < getvariable('days') * 86400
order by subscription_no, place;

-- Attempts to charge that failed: up to two before the money came, three before it never did.
create table failed_charges as
with

late_charges as (

    select
        *,
        unnest([0, 2]) as days_later
    from charges
    where delay_seconds > 0

),

lost_charges as (

    select
        *,
        unnest([0, 3, 7]) as days_later
    from stretches
    where why = 'payment_failed'

)

select
    subscription_no,
    person,
    slot,
    currency_no,
    due_second + days_later * 86400 as second,
    amount_cents * interval_months as charge_cents
from late_charges
where days_later * 86400 < delay_seconds
union all
select
    subscription_no,
    person,
    slot,
    currency_no,
    end_second + days_later * 86400 as second,
    last_cents * interval_months as charge_cents
from lost_charges
order by subscription_no, second;

create table subscription_talks as
select
    trial_second as second,
    30 as kind_no,
    person,
    cast(null as bigint) as value_cents,
    cast(null as bigint) as currency_no,
    person as reference,
    cast(null as bigint) as detail,
    cast(null as bigint) as until_day
from trials
union all by name
select trial_second + trial_days * 86400 as second, 31 as kind_no, person, person as reference
from trials
union all by name
select
    paid_second as second,
    kind_no,
    person,
    amount_cents as value_cents,
    currency_no,
    subscription_no as reference,
    -- A monthly plan need not say that it is one.
    if(interval_months > 1 or states_paid_until, interval_months, null) as detail,
    if(states_paid_until, day_of(paid_until_second), null) as until_day
from charges
union all by name
select
    due_second + 8 * 86400 as second,
    34 as kind_no,
    person,
    next_amount_cents as value_cents,
    currency_no,
    subscription_no as reference,
    if(states_paid_until, day_of(paid_until_second), null) as until_day
from charges
where next_amount_cents is not null
union all by name
select
    cancel_second as second,
    35 as kind_no,
    person,
    last_cents as value_cents,
    currency_no,
    subscription_no as reference,
    if(ends_with_its_period, day_of(end_second), null) as until_day
from stretches
where cancel_second is not null
union all by name
-- Billing gives up ten days after a charge failed, and not every tool says so.
select
    end_second + 10 * 86400 as second,
    35 as kind_no,
    person,
    last_cents as value_cents,
    currency_no,
    subscription_no as reference
from stretches
where why = 'payment_failed' and draw(stretch_key, 70, 100) < 40
union all by name
select
    second,
    if(slot = 3, 62, 61) as kind_no,
    person,
    charge_cents as value_cents,
    currency_no,
    subscription_no as reference
from failed_charges;
