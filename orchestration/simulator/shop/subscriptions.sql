-- Trials and monthly plans: who tries, who pays, what each month costs, when it ends.
create table trials as
with

trying_people as (

    select
        *,
        greatest(register_day, coalesce(buy_day, 0)) + draw(person_key, 30, 40) as trial_day
    from people
    where is_customer and draw(person_key, 31, 100) < if(buyer_type = 'looker', 12, 22)

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

-- One row per subscription; `months` counts the paid months up to its end or the simulation's.
create table subscriptions as
with

begun_subscriptions as (

    select
        person,
        mix(person_key, 41) as plan_key,
        currency_no,
        person * 2 as subscription_no,
        trial_second + trial_days * 86400 + 600 as start_second,
        coalesce(drift_day_1, 100000) as last_day
    from trials
    where stays
    union all
    -- A customer who comes back sometimes takes a plan again.
    select
        person,
        mix(person_key, 42) as plan_key,
        currency_no,
        person * 2 + 1 as subscription_no,
        back_day * 86400 + 500000 as start_second,
        coalesce(drift_day_2, 100000) as last_day
    from trials
    where stays and back_day is not null and draw(person_key, 43, 100) < 60

),

planned_subscriptions as (

    select
        *,
        draw(plan_key, 44, 3) as plan,
        2 + draw(plan_key, 45, 22) as wanted_months,
        if(draw(plan_key, 46, 100) < 60, 2 + draw(plan_key, 47, 5), null) as change_month,
        draw(plan_key, 48, 100) < 60 as wants_more
    from begun_subscriptions
    where start_second < (getvariable('days') - 1) * 86400

),

ended_subscriptions as (

    select
        *,
        -- Paid months before the customer drifts away, or has had enough.
        least(
            wanted_months,
            greatest(1, 1 + (last_day - 1 - day_of(start_second)) // 30)
        ) as paid_months
    from planned_subscriptions

)

select
    *,
    (start_second + paid_months * 30 * 86400 - 43200) as cancel_second,
    cast([1490, 2490, 3990][1 + plan] as bigint) as first_cents,
    -- The smallest plan can only grow and the largest only shrink.
    cast([1490, 2490, 3990][
        case plan when 0 then 2 when 2 then 2 else if(wants_more, 3, 1) end
    ] as bigint) as changed_cents
from ended_subscriptions
order by subscription_no;

-- One row per paid month; each is charged as an order as well.
create table subscription_months as
select
    subscriptions.subscription_no,
    subscriptions.person,
    subscriptions.currency_no,
    months.month_no,
    subscriptions.start_second + months.month_no * 30 * 86400 as month_second,
    if(
        months.month_no > subscriptions.change_month,
        subscriptions.changed_cents,
        subscriptions.first_cents
    ) as amount_cents
from subscriptions
cross join range(24) as months (month_no)
where
    months.month_no < subscriptions.paid_months
    and subscriptions.start_second + months.month_no * 30 * 86400
    < (getvariable('days') - 1) * 86400
order by subscriptions.subscription_no, months.month_no;
