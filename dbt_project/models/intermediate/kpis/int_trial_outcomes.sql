-- The first trial of each person and what it paid first in time: a subscription that costs
-- something, in whatever currency, or a booked order.

with

trial_signals as (

    select
        events.event_id,
        signals.person_key,
        signals.signal,
        signals.signal_date,
        signals.occurred_at,
        named_signals.stated_value
    from {{ ref('int_person_signals_by_name') }} as signals
    inner join {{ ref('stg_events') }} as events on signals.event_row_id = events.raw_row_id
    left join {{ ref('int_event_signals') }} as named_signals
        on
            signals.event_row_id = named_signals.raw_row_id
            and named_signals.signal_no = {{ signal_no('subscription_start') }}
    where
        signals.source_table = 'events'
        and signals.signal in ('trial_start', 'trial_end', 'subscription_start')

),

first_trials as (

    select
        person_key,
        min_by(event_id, (occurred_at, event_id)) as trial_start_id,
        min(signal_date) as fact_date,
        min(occurred_at) as started_at
    from trial_signals
    where signal = 'trial_start'
    group by person_key

),

trial_ends as (

    select
        first_trials.person_key,
        min(trial_signals.signal_date) as ended_on
    from first_trials
    inner join trial_signals
        on
            first_trials.person_key = trial_signals.person_key
            and first_trials.started_at <= trial_signals.occurred_at
    where trial_signals.signal = 'trial_end'
    group by first_trials.person_key

),

payments as (

    select
        person_key,
        signal_date as paid_on,
        occurred_at,
        'subscription' as paid_by,
        event_id as source_id
    from trial_signals
    where
        signal = 'subscription_start'
        and stated_value > 0

    union all

    select
        person_key,
        order_date as paid_on,
        created_at as occurred_at,
        'order' as paid_by,
        order_id as source_id
    from {{ ref('int_booked_orders') }}
    where not is_guest

),

first_payments as (

    select
        first_trials.person_key,
        min(payments.paid_on) as paid_on,
        min_by(payments.paid_by, (payments.occurred_at, payments.paid_by, payments.source_id))
            as paid_by
    from first_trials
    cross join {{ ref('int_kpi_windows') }} as windows
    inner join payments
        on
            first_trials.person_key = payments.person_key
            and first_trials.started_at <= payments.occurred_at
            and {{ add_days('first_trials.fact_date', 'windows.trial_payment_days') }}
            >= payments.paid_on
    group by first_trials.person_key

),

outcomes as (

    select
        first_trials.trial_start_id,
        first_trials.person_key,
        first_trials.fact_date,
        first_trials.started_at,
        {{ add_days('first_trials.fact_date', 'windows.trial_payment_days') }} as payable_until,
        trial_ends.ended_on,
        first_payments.paid_on,
        first_payments.paid_by
    from first_trials
    cross join {{ ref('int_kpi_windows') }} as windows
    left join trial_ends on first_trials.person_key = trial_ends.person_key
    left join first_payments on first_trials.person_key = first_payments.person_key

)

select * from outcomes
