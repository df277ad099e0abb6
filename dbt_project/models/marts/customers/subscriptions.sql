-- Subscriptions from the day they begin to the day nothing of them is in force any more, parted
-- where amount or state changes. Over 120 lines, since amounts and states are laid over each other
-- before it is said how each interval ended.

with

settings as (

    select as_of_date from {{ ref('int_settings') }}

),

turns as (

    select
        changes.person_key,
        changes.subscription_id,
        changes.changed_on,
        changes.health,
        0 as amount,
        0 as unrated_amounts
    from {{ ref('int_subscription_health') }} as changes
    where changes.subject_key = changes.person_key

    union all

    select
        person_key,
        subscription_id,
        valid_from as changed_on,
        cast(null as string) as health,
        amount,
        case when is_missing_rate then 1 else 0 end as unrated_amounts
    from {{ ref('int_subscription_amounts') }}

    union all

    select
        person_key,
        subscription_id,
        valid_to as changed_on,
        cast(null as string) as health,
        -amount as amount,
        case when is_missing_rate then -1 else 0 end as unrated_amounts
    from {{ ref('int_subscription_amounts') }}

),

day_turns as (

    select
        turns.person_key,
        turns.subscription_id,
        turns.changed_on,
        max(turns.health) as health,
        sum(turns.amount) as amount,
        sum(turns.unrated_amounts) as unrated_amounts
    from turns
    cross join settings
    where turns.changed_on <= settings.as_of_date
    group by
        turns.person_key,
        turns.subscription_id,
        turns.changed_on

),

days as (

    select
        person_key,
        subscription_id,
        changed_on,
        {{ ignoring_nulls('last_value', 'health') }} over so_far as state,
        case
            when sum(unrated_amounts) over so_far = 0
                then cast(sum(amount) over so_far as decimal(18, 4))
        end as monthly_amount
    from day_turns
    window so_far as (
        partition by person_key, subscription_id
        order by changed_on
        rows between unbounded preceding and current row
    )

),

compared_days as (

    select
        *,
        lag(state) over subscription_days as previous_state,
        lag(monthly_amount) over subscription_days as previous_amount
    from days
    window subscription_days as (
        partition by person_key, subscription_id
        order by changed_on
    )

),

intervals as (

    select
        person_key,
        subscription_id,
        changed_on as valid_from,
        lead(changed_on) over subscription_days as valid_to,
        monthly_amount,
        state,
        lead(state) over subscription_days as next_state
    from compared_days
    where
        state is distinct from previous_state
        or monthly_amount is distinct from previous_amount
    window subscription_days as (
        partition by person_key, subscription_id
        order by changed_on
    )

),

running_intervals as (

    select
        intervals.*,
        coalesce({{ add_days('intervals.valid_to', -1) }}, settings.as_of_date) as last_on,
        coalesce(intervals.next_state = 'lapsed', false) as is_last
    from intervals
    cross join settings
    where intervals.state in ('active', 'at_risk')

),

paid_intervals as (

    select
        intervals.person_key,
        intervals.subscription_id,
        intervals.valid_from,
        max(case when periods.ends_on > intervals.last_on then periods.paid_until end)
            as paid_until,
        bool_or(
            periods.ends_on = intervals.valid_to
            and periods.ends_on
            < {{ add_days('periods.paid_until', var('subscription_grace_days')) }}
        ) as is_ended_early
    from running_intervals as intervals
    inner join {{ ref('int_paid_periods') }} as periods
        on
            intervals.person_key = periods.person_key
            and intervals.subscription_id = periods.subscription_id
            and intervals.last_on >= periods.begins_on
    group by
        intervals.person_key,
        intervals.subscription_id,
        intervals.valid_from

),

last_events as (

    select
        intervals.person_key,
        intervals.subscription_id,
        intervals.valid_from,
        max_by(terms.is_cancel, terms.place) as is_cancel,
        max_by(terms.is_setback, terms.place) as is_setback
    from running_intervals as intervals
    inner join {{ ref('int_subscription_event_terms') }} as terms
        on
            intervals.person_key = terms.person_key
            and intervals.subscription_id = terms.subscription_id
            and intervals.valid_to >= terms.event_date
    where intervals.is_last
    group by
        intervals.person_key,
        intervals.subscription_id,
        intervals.valid_from

),

subscriptions as (

    select
        persons.person_id as subject_id,
        intervals.subscription_id,
        intervals.valid_from,
        intervals.valid_to,
        intervals.monthly_amount,
        intervals.state,
        case
            when not intervals.is_last then null
            when paid_intervals.is_ended_early or last_events.is_cancel then 'cancelled'
            when last_events.is_setback then 'payment_failed'
            else 'expired'
        end as end_reason,
        {{ add_days('paid_intervals.paid_until', -1) }} as paid_through_on
    from running_intervals as intervals
    inner join {{ ref('int_persons') }} as persons on intervals.person_key = persons.person_key
    left join paid_intervals
        on
            intervals.person_key = paid_intervals.person_key
            and intervals.subscription_id = paid_intervals.subscription_id
            and intervals.valid_from = paid_intervals.valid_from
    left join last_events
        on
            intervals.person_key = last_events.person_key
            and intervals.subscription_id = last_events.subscription_id
            and intervals.valid_from = last_events.valid_from

)

select * from subscriptions
