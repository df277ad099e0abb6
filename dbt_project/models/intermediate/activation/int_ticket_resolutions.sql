-- Every resolution of a ticket that was opened by then. A ticket may be resolved again: the mart of
-- tickets tells its last resolution, this each as it was seen.

with

stated_resolutions as (

    select
        signals.signal_date,
        signals.occurred_at,
        {{ json_text('events.properties', 'ticket_id') }} as stated_ticket_id
    from {{ ref('int_person_signals_by_name') }} as signals
    inner join {{ ref('stg_events') }} as events on signals.event_row_id = events.raw_row_id
    where
        signals.source_table = 'events'
        and signals.signal = 'support_resolution'

),

resolutions as (

    select
        *,
        {{ told_id('stated_ticket_id') }} as ticket_id
    from stated_resolutions

),

ticket_resolutions as (

    select
        tickets.ticket_id,
        tickets.person_key,
        resolutions.signal_date,
        resolutions.occurred_at
    from resolutions
    inner join {{ ref('int_support_tickets') }} as tickets
        on
            resolutions.ticket_id = tickets.ticket_id
            and resolutions.occurred_at >= tickets.opened_at

)

select * from ticket_resolutions
