-- Tickets from opening to the last resolution. A contact without a ticket_id is no ticket; a
-- response or resolution before the opening belongs to nothing.

with

stated_signals as (

    select
        events.event_id,
        signals.person_key,
        signals.signal,
        signals.signal_date,
        signals.occurred_at,
        {{ json_text('events.properties', 'ticket_id') }} as stated_ticket_id
    from {{ ref('int_person_signals_by_name') }} as signals
    inner join {{ ref('stg_events') }} as events on signals.event_row_id = events.raw_row_id
    where
        signals.source_table = 'events'
        and signals.signal in ('support_contact', 'ticket_response', 'support_resolution')

),

ticket_signals as (

    select
        *,
        {{ told_id('stated_ticket_id') }} as ticket_id
    from stated_signals

),

openings as (

    select
        ticket_id,
        min_by(person_key, (occurred_at, event_id)) as person_key,
        min_by(event_id, (occurred_at, event_id)) as event_id,
        min(signal_date) as opened_on,
        min(occurred_at) as opened_at,
        count(*) as contacts
    from ticket_signals
    where
        signal = 'support_contact'
        and ticket_id is not null
    group by ticket_id

),

answers as (

    select
        openings.ticket_id,
        min(case when signals.signal = 'ticket_response' then signals.occurred_at end)
            as first_response_at,
        min(case when signals.signal = 'ticket_response' then signals.signal_date end)
            as first_response_on,
        max(case when signals.signal = 'support_resolution' then signals.occurred_at end)
            as resolved_at,
        max(case when signals.signal = 'support_resolution' then signals.signal_date end)
            as resolved_on
    from openings
    inner join ticket_signals as signals
        on
            openings.ticket_id = signals.ticket_id
            and openings.opened_at <= signals.occurred_at
    where signals.signal <> 'support_contact'
    group by openings.ticket_id

),

tickets as (

    select
        openings.ticket_id,
        openings.person_key,
        openings.event_id,
        openings.opened_on,
        openings.opened_at,
        openings.contacts,
        answers.first_response_on,
        answers.first_response_at,
        {{ microseconds_between('openings.opened_at', 'answers.first_response_at') }}
            as response_microseconds,
        answers.resolved_on,
        answers.resolved_at,
        {{ microseconds_between('openings.opened_at', 'answers.resolved_at') }}
            as resolution_microseconds,
        lead(openings.opened_on) over (
            partition by openings.person_key
            order by openings.opened_at, openings.event_id
        ) as next_opened_on
    from openings
    left join answers on openings.ticket_id = answers.ticket_id

)

select * from tickets
