-- What happens to a subject that a play answers, each day once, at its first instant; `state_until`
-- is the first day on which it is over again: the open end where it never is. Only what was so on
-- the day itself counts. Over 120 lines, since each of twelve triggers is a select of its own.

with

settings as (

    select as_of_date from {{ ref('int_settings') }}

),

plays as (

    select * from {{ ref('int_plays') }} where subject_type is not null

),

facts as (

    select * from {{ ref('int_play_facts') }}

),

person_subjects as (

    select
        person_key,
        person_key as subject_key,
        'person' as subject_type
    from {{ ref('int_persons') }}

    union all

    select
        person_key,
        account_key as subject_key,
        'account' as subject_type
    from {{ ref('int_account_members') }}

),

moves as (

    select
        intervals.subject_key,
        intervals.framework_no,
        intervals.valid_from,
        moves.movement,
        moves.stage,
        moves.previous_stage,
        coalesce(
            lead(intervals.valid_from) over (
                partition by intervals.framework_no, intervals.subject_key
                order by intervals.valid_from
            ),
            {{ open_end() }}
        ) as next_move_on
    from {{ ref('int_stage_intervals') }} as intervals
    cross join settings
    inner join {{ ref('int_moves') }} as moves on intervals.move_no = moves.move_no
    where
        moves.movement <> 'health_only'
        and intervals.valid_from <= settings.as_of_date

),

stages_entered as (

    select
        plays.play,
        moves.subject_key,
        moves.valid_from as triggered_on,
        {{ day_end('moves.valid_from') }} as triggered_at,
        moves.next_move_on as state_until
    from moves
    inner join plays
        on
            moves.framework_no = plays.framework_no
            and moves.stage = plays.trigger_value
    where
        plays.trigger = 'stage_entered'
        and moves.movement in ('entered', 'advanced')

),

stages_left as (

    select
        plays.play,
        moves.subject_key,
        moves.valid_from as triggered_on,
        {{ day_end('moves.valid_from') }} as triggered_at,
        coalesce(min(later_moves.valid_from), {{ open_end() }}) as state_until
    from moves
    inner join plays
        on
            moves.framework_no = plays.framework_no
            and moves.previous_stage = plays.trigger_value
    left join moves as later_moves
        on
            moves.subject_key = later_moves.subject_key
            and moves.framework_no = later_moves.framework_no
            and moves.previous_stage = later_moves.stage
            and moves.valid_from < later_moves.valid_from
    where
        plays.trigger = 'stage_left'
        and moves.movement = 'fell_back'
    group by
        plays.play,
        moves.subject_key,
        moves.valid_from

),

healths_entered as (

    select
        plays.play,
        spans.subject_key,
        spans.valid_from as triggered_on,
        {{ day_end('spans.valid_from') }} as triggered_at,
        spans.valid_to as state_until
    from {{ ref('int_health_spans') }} as spans
    inner join plays
        on
            spans.health = plays.trigger_value
            and {{ subject_type('spans.subject_key') }} = plays.subject_type
    where plays.trigger = 'health_entered'

),

signals as (

    select
        plays.play,
        facts.subject_key,
        facts.signal_date as triggered_on,
        facts.occurred_at as triggered_at,
        {{ open_end() }} as state_until
    from facts
    inner join plays
        on
            facts.subject_type = plays.subject_type
            and facts.signal = case plays.trigger
                when 'signal' then plays.trigger_value
                when 'order_delivered' then 'delivery'
                when 'survey_detractor' then 'nps'
            end
    where
        plays.trigger <> 'survey_detractor'
        or (facts.value between 0 and 6 and facts.value = floor(facts.value))

),

tickets_resolved as (

    select
        plays.play,
        person_subjects.subject_key,
        resolutions.signal_date as triggered_on,
        resolutions.occurred_at as triggered_at,
        {{ open_end() }} as state_until
    from {{ ref('int_ticket_resolutions') }} as resolutions
    inner join person_subjects on resolutions.person_key = person_subjects.person_key
    inner join plays on person_subjects.subject_type = plays.subject_type
    where plays.trigger = 'ticket_resolved'

),

first_days as (

    select
        subject_key,
        subject_type,
        min(signal_date) as first_on
    from facts
    where signal = 'purchase'
    group by
        subject_key,
        subject_type

),

first_purchases as (

    select
        plays.play,
        facts.subject_key,
        first_days.first_on as triggered_on,
        min(facts.occurred_at) as triggered_at,
        max(coalesce(facts.voided_on, {{ open_end() }})) as state_until
    from first_days
    inner join facts
        on
            first_days.subject_key = facts.subject_key
            and first_days.first_on = facts.signal_date
    inner join plays on first_days.subject_type = plays.subject_type
    where
        plays.trigger = 'first_purchase'
        and facts.signal = 'purchase'
    group by
        plays.play,
        facts.subject_key,
        first_days.first_on

),

orders as (

    select
        subject_key,
        signal_date,
        occurred_at
    from facts
    where signal = 'order'

),

carts_and_checkouts as (

    select
        plays.play,
        person_subjects.subject_key,
        carts.silent_on as triggered_on,
        carts.silent_at as triggered_at
    from {{ ref('int_abandoned_carts') }} as carts
    inner join person_subjects on carts.person_key = person_subjects.person_key
    inner join plays on person_subjects.subject_type = plays.subject_type
    where plays.trigger = 'cart_abandoned'

    union all

    select
        plays.play,
        facts.subject_key,
        facts.signal_date as triggered_on,
        facts.occurred_at as triggered_at
    from facts
    inner join plays on facts.subject_type = plays.subject_type
    left join orders
        on
            facts.subject_key = orders.subject_key
            and facts.signal_date = orders.signal_date
    where
        plays.trigger = 'checkout_unfinished'
        and facts.signal = 'checkout'
        and orders.subject_key is null

),

first_waits as (

    select
        play,
        subject_key,
        triggered_on,
        min(triggered_at) as triggered_at
    from carts_and_checkouts
    group by
        play,
        subject_key,
        triggered_on

),

waits_for_orders as (

    select
        first_waits.play,
        first_waits.subject_key,
        first_waits.triggered_on,
        first_waits.triggered_at,
        coalesce(min(orders.signal_date), {{ open_end() }}) as state_until
    from first_waits
    left join orders
        on
            first_waits.subject_key = orders.subject_key
            and first_waits.triggered_at < orders.occurred_at
    group by
        first_waits.play,
        first_waits.subject_key,
        first_waits.triggered_on,
        first_waits.triggered_at

),

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
    inner join plays on {{ subject_type('limits.subject_key') }} = plays.subject_type
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
    inner join plays on {{ subject_type('outlooks.subject_key') }} = plays.subject_type
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

happenings as (

    select * from stages_entered

    union all

    select * from stages_left

    union all

    select * from healths_entered

    union all

    select * from signals

    union all

    select * from tickets_resolved

    union all

    select * from first_purchases

    union all

    select * from waits_for_orders

    union all

    select * from orders_missed

    union all

    select * from renewals_due

),

play_triggers as (

    select
        happenings.play,
        happenings.subject_key,
        happenings.triggered_on,
        min(happenings.triggered_at) as triggered_at,
        min(happenings.state_until) as state_until
    from happenings
    cross join settings
    where happenings.triggered_on <= settings.as_of_date
    group by
        happenings.play,
        happenings.subject_key,
        happenings.triggered_on

)

select * from play_triggers
