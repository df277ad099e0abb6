-- What touched each person in the first days of a month: channels of sessions, contents, messages,
-- tickets; each once a month.

with

content_events as (

    select
        events.person_key,
        events.event_date as date,
        {{ json_word('stated_events.properties', 'content_type') }} as content_type,
        {{ json_word('stated_events.properties', 'content_id') }} as content_id
    from {{ ref('int_events') }} as events
    inner join {{ ref('stg_events') }} as stated_events
        on events.raw_row_id = stated_events.raw_row_id
    where contains(cast(stated_events.properties as string), '"content_id"')

),

touches as (

    select
        person_key,
        session_date as date,
        'channel' as kind,
        channel as value
    from {{ ref('int_sessions') }}

    union all

    select
        person_key,
        date,
        'content' as kind,
        coalesce(content_type, 'unknown') || ':' || content_id as value
    from content_events
    where content_id is not null

    union all

    select
        messages.person_key,
        messages.fact_date as date,
        'message' as kind,
        coalesce({{ json_word('events.properties', 'campaign') }}, 'unknown') as value
    from {{ ref('int_message_outcomes') }} as messages
    inner join {{ ref('stg_events') }} as events on messages.delivery_id = events.event_id

    union all

    select
        tickets.person_key,
        tickets.opened_on as date,
        'ticket' as kind,
        coalesce({{ json_word('events.properties', 'topic') }}, 'unknown') as value
    from {{ ref('int_support_tickets') }} as tickets
    inner join {{ ref('stg_events') }} as events on tickets.event_id = events.event_id

),

month_touches as (

    select
        touches.person_key,
        {{ period_start('touches.date', 'month') }} as month,
        touches.kind,
        touches.value
    from touches
    cross join {{ ref('int_kpi_windows') }} as windows
    where
        {{ days_between(period_start('touches.date', 'month'), 'touches.date') }}
        < windows.contact_first_days
    group by
        touches.person_key,
        {{ period_start('touches.date', 'month') }},
        touches.kind,
        touches.value

)

select * from month_touches
