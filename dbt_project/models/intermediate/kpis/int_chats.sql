-- Chats with how long their first answer took, if it came in time. A contact without a chat_id is
-- no chat.

with

stated_signals as (

    select
        events.event_id,
        signals.person_key,
        signals.signal,
        signals.signal_date,
        signals.occurred_at,
        {{ json_text('events.properties', 'chat_id') }} as stated_chat_id
    from {{ ref('int_person_signals_by_name') }} as signals
    inner join {{ ref('stg_events') }} as events on signals.event_row_id = events.raw_row_id
    where
        signals.source_table = 'events'
        and signals.signal in ('support_contact', 'chat_answer')

),

chat_signals as (

    select
        *,
        {{ told_id('stated_chat_id') }} as chat_id
    from stated_signals

),

starts as (

    select
        chat_id,
        min_by(person_key, (occurred_at, event_id)) as person_key,
        min(signal_date) as started_on,
        min(occurred_at) as started_at
    from chat_signals
    where
        signal = 'support_contact'
        and chat_id is not null
    group by chat_id

),

answers as (

    select
        starts.chat_id,
        min(signals.occurred_at) as answered_at
    from starts
    cross join {{ ref('int_kpi_windows') }} as windows
    inner join chat_signals as signals
        on
            starts.chat_id = signals.chat_id
            and starts.started_at <= signals.occurred_at
            and starts.started_at + windows.chat_answer_hours * interval '1' hour
            >= signals.occurred_at
    where signals.signal = 'chat_answer'
    group by starts.chat_id

),

chats as (

    select
        starts.chat_id,
        starts.person_key,
        starts.started_on,
        starts.started_at,
        answers.answered_at,
        {{ microseconds_between('starts.started_at', 'answers.answered_at') }}
            as answer_microseconds
    from starts
    left join answers on starts.chat_id = answers.chat_id

)

select * from chats
