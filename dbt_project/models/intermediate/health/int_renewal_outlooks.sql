-- What `renews_on` was said to be from when to when: the next day on which a subject's
-- subscriptions in force renew, as it was known then. Per subscription the last day paid for among
-- the periods that run, unless a cancel has ended them; per subject the least of these still to
-- come. Over 120 lines, since both are told between the days on which they may change.

with

periods as (

    select
        person_key,
        subscription_id,
        begins_on,
        paid_until,
        least(ends_on, paid_until) as stops_on
    from {{ ref('int_paid_periods') }}
    where
        ends_on > begins_on
        and paid_until > begins_on

),

-- What the last event of a day that begins or cancels says.
daily_moves as (

    select
        person_key,
        subscription_id,
        event_date,
        max_by(is_paid, place) as is_running
    from {{ ref('int_subscription_event_terms') }}
    where
        is_paid
        or is_cancel
    group by
        person_key,
        subscription_id,
        event_date

),

subscription_days as (

    select
        person_key,
        subscription_id,
        begins_on as day
    from periods

    union

    select
        person_key,
        subscription_id,
        stops_on as day
    from periods

    union

    select
        person_key,
        subscription_id,
        event_date as day
    from daily_moves

),

subscription_moves as (

    select
        days.person_key,
        days.subscription_id,
        days.day as known_from,
        coalesce(lead(days.day) over subscription_order, {{ open_end() }}) as known_to,
        {{ ignoring_nulls('last_value', 'daily_moves.is_running') }} over subscription_order
            as is_running
    from subscription_days as days
    left join daily_moves
        on
            days.person_key = daily_moves.person_key
            and days.subscription_id = daily_moves.subscription_id
            and days.day = daily_moves.event_date
    window subscription_order as (
        partition by days.person_key, days.subscription_id
        order by days.day
    )

),

person_renewals as (

    select
        moves.person_key,
        moves.subscription_id,
        moves.known_from,
        moves.known_to,
        max(periods.paid_until) as renews_on
    from subscription_moves as moves
    inner join periods
        on
            moves.person_key = periods.person_key
            and moves.subscription_id = periods.subscription_id
            and moves.known_from >= periods.begins_on
            and moves.known_from < periods.stops_on
    where moves.is_running
    group by
        moves.person_key,
        moves.subscription_id,
        moves.known_from,
        moves.known_to

),

subject_renewals as (

    select
        person_key as subject_key,
        known_from,
        known_to,
        renews_on
    from person_renewals

    union all

    select
        members.account_key as subject_key,
        person_renewals.known_from,
        person_renewals.known_to,
        person_renewals.renews_on
    from person_renewals
    inner join {{ ref('int_account_members') }} as members
        on person_renewals.person_key = members.person_key

),

subject_days as (

    select
        subject_key,
        known_from as day
    from subject_renewals

    union

    select
        subject_key,
        known_to as day
    from subject_renewals

),

next_renewals as (

    select
        days.subject_key,
        days.day,
        min(renewals.renews_on) as renews_on
    from subject_days as days
    left join subject_renewals as renewals
        on
            days.subject_key = renewals.subject_key
            and days.day >= renewals.known_from
            and days.day < renewals.known_to
    group by
        days.subject_key,
        days.day

),

changed_renewals as (

    select
        *,
        lag(renews_on) over (partition by subject_key order by day) as previous_renews_on
    from next_renewals

),

renewal_outlooks as (

    select
        subject_key,
        day as known_from,
        coalesce(lead(day) over (partition by subject_key order by day), {{ open_end() }})
            as known_to,
        renews_on
    from changed_renewals
    where renews_on is distinct from previous_renews_on

)

select * from renewal_outlooks
