-- The first trial of every person and whether it was paid for. A trial is open while a payment in
-- time may still come.

with

trial_outcomes as (

    select
        persons.person_id as subject_id,
        outcomes.trial_start_id,
        outcomes.fact_date as started_on,
        outcomes.started_at,
        outcomes.ended_on,
        case
            when outcomes.paid_on is not null then 'paid'
            when outcomes.payable_until > settings.as_of_date then 'open'
            else 'not_paid'
        end as outcome,
        outcomes.paid_on,
        outcomes.paid_by,
        {{ days_between('outcomes.fact_date', 'outcomes.paid_on') }} as days_to_payment
    from {{ ref('int_trial_outcomes') }} as outcomes
    inner join {{ ref('int_persons') }} as persons on outcomes.person_key = persons.person_key
    cross join {{ ref('int_settings') }} as settings

)

select * from trial_outcomes
