{{ config(materialized='view') }}

-- Orders that did not come and renewals that will: what a play answers without anything having
-- happened. Told of a day, they happen at its end.

with

overdue_stretches as (

    select
        plays.play,
        limits.subject_key,
        greatest(
            limits.epoch_from,
            {{ add_days('limits.last_order_on', 'limits.usual_gap_days + plays.trigger_days') }}
        ) as begins_on,
        coalesce(limits.epoch_to, {{ open_end() }}) as ends_on
    from {{ ref('int_order_limits') }} as limits
    inner join {{ ref('int_plays') }} as plays
        on {{ subject_type('limits.subject_key') }} = plays.subject_type
    where plays.trigger = 'expected_order_missed'

),

-- A cancelled order may leave a customer overdue who was it already: that is no new day.
told_stretches as (

    select
        *,
        lag(ends_on) over (partition by play, subject_key order by begins_on) as previous_end
    from overdue_stretches
    where begins_on < ends_on

),

overdue_spells as (

    select
        *,
        sum(case when begins_on = previous_end then 0 else 1 end) over (
            partition by play, subject_key order by begins_on
        ) as spell_no
    from told_stretches

),

orders_missed as (

    select
        play,
        subject_key,
        min(begins_on) as triggered_on,
        {{ day_end('min(begins_on)') }} as triggered_at,
        max(ends_on) as state_until
    from overdue_spells
    group by
        play,
        subject_key,
        spell_no

),

renewal_days as (

    select
        plays.play,
        outlooks.subject_key,
        outlooks.renews_on,
        greatest(
            outlooks.known_from, {{ add_days('outlooks.renews_on', '-plays.trigger_days') }}
        ) as triggered_on,
        outlooks.known_to as state_until
    from {{ ref('int_renewal_outlooks') }} as outlooks
    inner join {{ ref('int_plays') }} as plays
        on {{ subject_type('outlooks.subject_key') }} = plays.subject_type
    where
        plays.trigger = 'renewal_due'
        and outlooks.renews_on is not null

),

renewals_due as (

    select
        play,
        subject_key,
        min(triggered_on) as triggered_on,
        {{ day_end('min(triggered_on)') }} as triggered_at,
        min_by(state_until, triggered_on) as state_until
    from renewal_days
    where triggered_on < state_until
    group by
        play,
        subject_key,
        renews_on

),

expectation_triggers as (

    select * from orders_missed

    union all

    select * from renewals_due

)

select * from expectation_triggers
