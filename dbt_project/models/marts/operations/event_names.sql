-- Every event name that came: how often, from how many persons, when, which signals it can feed and
-- how many of its events fed none.

with

name_signals as (

    select
        name_signals.event_name,
        {{ joined_text('signal_names.signal', ', ', 'signal_names.signal') }} as signals
    from {{ ref('int_event_name_signals') }} as name_signals
    inner join {{ ref('int_signal_names') }} as signal_names
        on name_signals.signal_no = signal_names.signal_no
    group by name_signals.event_name

),

-- Events whose first row feeds nothing may feed something by another one.
fed_otherwise as (

    select raw_row_id
    from {{ ref('int_event_signals') }}
    where not is_first
    group by raw_row_id

),

name_persons as (

    select
        event_signals.name_no,
        event_signals.person_key,
        count(*) as events,
        min(event_signals.event_date) as first_on,
        max(event_signals.event_date) as last_on,
        sum(
            case
                when event_signals.signal_no is null and fed_otherwise.raw_row_id is null then 1
                else 0
            end
        ) as events_without_signal
    from {{ ref('int_event_signals') }} as event_signals
    left join fed_otherwise on event_signals.raw_row_id = fed_otherwise.raw_row_id
    where event_signals.is_first
    group by
        event_signals.name_no,
        event_signals.person_key

),

event_names as (

    select
        names.event_name,
        cast(sum(name_persons.events) as bigint) as events,
        count(*) as persons,
        min(name_persons.first_on) as first_on,
        max(name_persons.last_on) as last_on,
        name_signals.signals,
        cast(sum(name_persons.events_without_signal) as bigint) as events_without_signal,
        names.is_visit,
        names.is_key_event
    from {{ ref('int_event_names') }} as names
    inner join name_persons on names.name_no = name_persons.name_no
    left join name_signals on names.event_name = name_signals.event_name
    group by
        names.event_name,
        name_signals.signals,
        names.is_visit,
        names.is_key_event

)

select * from event_names
