-- Who was subscribed, from when to when, and why it ended: one row per plan and stretch of charges
-- without a gap. left_on is the first day without a claim to the plan, null while it is held.
with

paid_stretches as (

    select
        subscription_no,
        stretch_no,
        day_of(max(paid_until_second)) as paid_until_day
    from charges
    group by subscription_no, stretch_no

),

left_stretches as (

    select
        *,
        day_of(if(ends_with_its_period, end_second, coalesce(cancel_second, end_second)))
            as left_day
    from stretches

)

select
    customer_text(left_stretches.person) as customer_id,
    if(
        left_stretches.slot = 3, 'acme-' || cast(1000 + accounts.account_no as varchar), null
    ) as account_id,
    subscription_text(left_stretches.subscription_no) as subscription_id,
    left_stretches.stretch_no,
    left_stretches.interval_months,
    date_on(day_of(left_stretches.from_second)) as started_on,
    date_on(paid_stretches.paid_until_day) as paid_until,
    if(left_stretches.left_day < getvariable('days'), date_on(left_stretches.left_day), null)
        as left_on,
    if(left_stretches.left_day < getvariable('days'), left_stretches.why, null) as why
from left_stretches
inner join paid_stretches
    on
        paid_stretches.subscription_no = left_stretches.subscription_no
        and paid_stretches.stretch_no = left_stretches.stretch_no
left join accounts on accounts.lead_person = left_stretches.person
order by subscription_id, left_stretches.stretch_no
