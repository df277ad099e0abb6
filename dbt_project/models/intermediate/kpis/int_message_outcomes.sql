-- What came of each message that was delivered. A message is a person and a message_id; without one
-- it is a person and a day, and a reaction without one belongs to the person's latest such
-- delivery.

with

stated_signals as (

    select
        events.event_id,
        signals.person_key,
        signals.signal,
        signals.signal = 'email_delivered' as is_delivery,
        signals.signal_date,
        signals.occurred_at,
        {{ json_text('events.properties', 'message_id') }} as stated_message_id
    from {{ ref('int_person_signals_by_name') }} as signals
    inner join {{ ref('stg_events') }} as events on signals.event_row_id = events.raw_row_id
    where
        signals.source_table = 'events'
        and signals.signal in (
            'email_delivered', 'email_opened', 'email_clicked', 'email_unsubscribed'
        )

),

email_signals as (

    select
        *,
        {{ told_id('stated_message_id') }} as message_id
    from stated_signals

),

placed_signals as (

    select
        *,
        {{ ignoring_nulls('last_value', 'case when is_delivery then signal_date end') }} over (
            partition by person_key, message_id
            order by occurred_at, case when is_delivery then 0 else 1 end, event_id
            rows between unbounded preceding and current row
        ) as latest_delivery_on
    from email_signals

),

-- A person's key is a number and a day has no colon: the two kinds of keys never meet.
keyed_signals as (

    select
        *,
        coalesce(
            person_key || ':id:' || message_id, person_key || ':' || latest_delivery_on
        ) as message_key
    from placed_signals

),

deliveries as (

    select
        message_key,
        min(message_id) as message_id,
        min_by(event_id, (occurred_at, event_id)) as delivery_id,
        min_by(person_key, (occurred_at, event_id)) as person_key,
        min(signal_date) as fact_date,
        min(occurred_at) as delivered_at
    from keyed_signals
    where is_delivery
    group by message_key

),

reactions as (

    select
        deliveries.message_key,
        min(case when signals.signal = 'email_opened' then signals.occurred_at end) as opened_at,
        min(case when signals.signal = 'email_clicked' then signals.occurred_at end) as clicked_at,
        min(case when signals.signal = 'email_unsubscribed' then signals.occurred_at end)
            as unsubscribed_at
    from deliveries
    cross join {{ ref('int_kpi_windows') }} as windows
    inner join keyed_signals as signals
        on
            deliveries.message_key = signals.message_key
            and deliveries.delivered_at <= signals.occurred_at
            and {{ add_days('deliveries.fact_date', 'windows.message_reaction_days') }}
            >= signals.signal_date
    where not signals.is_delivery
    group by deliveries.message_key

),

outcomes as (

    select
        deliveries.delivery_id,
        deliveries.message_id,
        deliveries.person_key,
        deliveries.fact_date,
        deliveries.delivered_at,
        {{ add_days('deliveries.fact_date', 'windows.message_reaction_days') }} as reacts_until,
        reactions.opened_at,
        reactions.clicked_at,
        reactions.unsubscribed_at
    from deliveries
    cross join {{ ref('int_kpi_windows') }} as windows
    left join reactions on deliveries.message_key = reactions.message_key

)

select * from outcomes
