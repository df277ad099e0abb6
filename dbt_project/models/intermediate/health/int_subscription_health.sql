-- What each subscription of a person, or of an account's member, says of its health, by date of
-- change. On a day some of its
-- paid periods run, some of these are paid for (with the slack), and its last event may be a
-- setback; all three change on dates that are known, so that running totals say the rest. Over 120
-- lines, since each kind of change is a select of its own.

with

steps as (

    select
        person_key,
        subscription_id,
        begins_on as changed_on,
        1 as begun,
        1 as running,
        1 as paid,
        0 as setbacks
    from {{ ref('int_paid_periods') }}

    union all

    select
        person_key,
        subscription_id,
        greatest(ends_on, begins_on) as changed_on,
        0 as begun,
        -1 as running,
        0 as paid,
        0 as setbacks
    from {{ ref('int_paid_periods') }}

    union all

    select
        person_key,
        subscription_id,
        greatest(
            least(ends_on, {{ add_days('paid_until', var('renewal_slack_days')) }}), begins_on
        ) as changed_on,
        0 as begun,
        0 as running,
        -1 as paid,
        0 as setbacks
    from {{ ref('int_paid_periods') }}

    union all

    select
        person_key,
        subscription_id,
        event_date as changed_on,
        0 as begun,
        0 as running,
        0 as paid,
        case when is_setback then 1 else 0 end
        - case when was_setback then 1 else 0 end as setbacks
    from (
        select
            *,
            lag(is_setback, 1, false) over (
                partition by person_key, subscription_id order by place
            ) as was_setback
        from {{ ref('int_subscription_event_terms') }}
    ) as neighbours
    where is_setback <> was_setback

),

daily_steps as (

    select
        person_key,
        subscription_id,
        changed_on,
        sum(begun) as begun,
        sum(running) as running,
        sum(paid) as paid,
        sum(setbacks) as setbacks
    from steps
    group by
        person_key,
        subscription_id,
        changed_on

),

totals as (

    select
        person_key,
        subscription_id,
        changed_on,
        sum(begun) over subscription_days as begun,
        sum(running) over subscription_days as running,
        sum(paid) over subscription_days as paid,
        sum(setbacks) over subscription_days as setbacks
    from daily_steps
    window subscription_days as (
        partition by person_key, subscription_id
        order by changed_on
    )

),

-- A subscription says nothing before its first paid period.
daily_health as (

    select
        person_key,
        subscription_id,
        changed_on,
        case
            when begun = 0 then null
            when running = 0 then 'lapsed'
            when setbacks > 0 or paid = 0 then 'at_risk'
            else 'active'
        end as health
    from totals

),

compared_health as (

    select
        *,
        lag(health) over (
            partition by person_key, subscription_id order by changed_on
        ) as previous_health
    from daily_health

),

person_health as (

    select
        person_key as subject_key,
        person_key,
        subscription_id,
        changed_on,
        health,
        previous_health
    from compared_health
    where health is distinct from previous_health

),

subscription_health as (

    select * from person_health

    union all

    select
        members.account_key as subject_key,
        person_health.person_key,
        person_health.subscription_id,
        person_health.changed_on,
        person_health.health,
        person_health.previous_health
    from person_health
    inner join {{ ref('int_account_members') }} as members
        on person_health.person_key = members.person_key

)

select * from subscription_health
