-- The paid periods of subscriptions: from the day of the event that begins one to the day it ends,
-- which a cancel or the grace decides; it is paid through the day before `paid_until`. A change
-- that states no term keeps the greatest one begun before, if that still runs: whether it does
-- depends on the changes before it, so these are walked one after the other.

with recursive

event_terms as (

    select * from {{ ref('int_subscription_event_terms') }} where is_paid

),

keeping_changes as (

    select
        person_key,
        subscription_id,
        place,
        event_date,
        pays_until,
        stated_before,
        row_number() over (partition by person_key, subscription_id order by place) as change_no
    from (
        select
            *,
            max(case when not keeps_term then pays_until end) over (
                partition by person_key, subscription_id
                order by place
                rows between unbounded preceding and 1 preceding
            ) as stated_before
        from event_terms
    ) as terms_before
    where keeps_term

),

-- `begun_before` is the greatest term of the changes walked so far.
decided_changes as (

    select
        person_key,
        subscription_id,
        place,
        change_no,
        case when stated_before > event_date then stated_before else pays_until end as paid_until
    from keeping_changes
    where change_no = 1

    union all

    select
        changes.person_key,
        changes.subscription_id,
        changes.place,
        changes.change_no,
        case
            when greatest(changes.stated_before, decided_changes.paid_until) > changes.event_date
                then greatest(changes.stated_before, decided_changes.paid_until)
            else changes.pays_until
        end as paid_until
    from decided_changes
    inner join keeping_changes as changes
        on
            decided_changes.person_key = changes.person_key
            and decided_changes.subscription_id = changes.subscription_id
            and decided_changes.change_no + 1 = changes.change_no

),

begun_periods as (

    select
        event_terms.*,
        coalesce(decided_changes.paid_until, event_terms.pays_until) as paid_until
    from event_terms
    left join decided_changes
        on
            event_terms.person_key = decided_changes.person_key
            and event_terms.subscription_id = decided_changes.subscription_id
            and event_terms.place = decided_changes.place

),

paid_periods as (

    select
        raw_row_id,
        event_id,
        person_key,
        subscription_id,
        place,
        occurred_at,
        event_date as begins_on,
        paid_until,
        least({{ add_days('paid_until', var('subscription_grace_days')) }}, cancelled_on) as ends_on
    from begun_periods

)

select * from paid_periods
