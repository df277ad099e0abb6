-- What happened to each subscription of a person, with what the event states of it. `amount` is
-- that of the start, else the renewal, else the change that the event feeds, before conversion;
-- `value` the same in the reporting currency. Without an id it is the one unnamed subscription.
-- Over 120 lines, since what an event feeds decides what it states.

with

fed_signals as (

    select
        signals.raw_row_id,
        signals.person_key,
        signals.occurred_at,
        signals.event_date,
        signal_names.signal,
        signals.value,
        signals.stated_value,
        case signal_names.signal
            when 'subscription_start' then 1
            when 'subscription_renewal' then 2
            when 'subscription_change' then 3
        end as stating_order
    from {{ ref('int_event_signals') }} as signals
    inner join {{ ref('int_signal_names') }} as signal_names
        on signals.signal_no = signal_names.signal_no
    where
        signal_names.signal in (
            'subscription_start',
            'subscription_renewal',
            'subscription_change',
            'subscription_cancel',
            'payment_failed'
        )

),

-- Of the signals that state an amount the first decides, even where its amount is blank.
leading_signals as (

    select
        raw_row_id,
        min(stating_order) as stating_order
    from fed_signals
    group by raw_row_id

),

fed_events as (

    select
        fed_signals.raw_row_id,
        fed_signals.person_key,
        fed_signals.occurred_at,
        fed_signals.event_date,
        leading_signals.stating_order,
        max(
            case
                when fed_signals.stating_order = leading_signals.stating_order
                    then fed_signals.stated_value
            end
        ) as amount,
        max(
            case
                when fed_signals.stating_order = leading_signals.stating_order
                    then fed_signals.value
            end
        ) as value,
        bool_or(fed_signals.signal = 'subscription_change') as is_change,
        bool_or(fed_signals.signal = 'subscription_cancel') as is_cancel,
        bool_or(fed_signals.signal in ('subscription_cancel', 'payment_failed')) as is_setback
    from fed_signals
    inner join leading_signals on fed_signals.raw_row_id = leading_signals.raw_row_id
    group by
        fed_signals.raw_row_id,
        fed_signals.person_key,
        fed_signals.occurred_at,
        fed_signals.event_date,
        leading_signals.stating_order

),

told_events as (

    select
        fed_events.*,
        events.event_id,
        {{ json_text('events.properties', 'subscription_id') }} as told_subscription_id,
        {{ stated_number(json_text('events.properties', 'interval_months')) }} as told_months,
        {{ json_text('events.properties', 'paid_until') }} as told_paid_until,
        {{ json_text('events.properties', 'ends_on') }} as told_ends_on
    from fed_events
    inner join {{ ref('stg_events') }} as events on fed_events.raw_row_id = events.raw_row_id

),

subscription_events as (

    select
        raw_row_id,
        event_id,
        person_key,
        coalesce({{ told_id('told_subscription_id') }}, '') as subscription_id,
        occurred_at,
        event_date,
        stating_order,
        amount,
        value,
        stating_order is not null and coalesce(amount > 0, true) as is_paid,
        coalesce(stating_order < 3, false) as is_start_or_renewal,
        is_change,
        is_cancel,
        is_setback,
        case
            when told_months between 1 and 120 and told_months = floor(told_months)
                then cast(told_months as integer)
        end as interval_months,
        {{ stated_date('told_paid_until') }} as paid_until,
        {{ stated_date('told_ends_on') }} as ends_on
    from told_events

)

select * from subscription_events
