-- Which signals an event name can feed. `has_condition` means that it depends on the event, which
-- int_conditional_signals decides; a row without a condition beats those with one. Every name has
-- exactly one first row, so that events without a signal, or with several, are counted once; its
-- signal is null where all signals of the name depend on conditions, or there are none.

with

named_signals as (

    select
        names.event_name,
        signal_names.signal_no,
        bool_and(event_signals.operator is not null) as has_condition,
        max(event_signals.value_property) as value_property,
        bool_or(event_signals.is_money) as is_money
    from {{ ref('int_event_names') }} as names
    inner join {{ ref('event_signals') }} as event_signals
        on names.folded_name = {{ folded_name('event_signals.event_name') }}
    inner join {{ ref('int_signal_names') }} as signal_names
        on event_signals.signal = signal_names.signal
    group by
        names.event_name,
        signal_names.signal_no

),

plain_names as (

    select
        event_name,
        min(signal_no) as first_signal_no
    from named_signals
    where not has_condition
    group by event_name

),

event_name_signals as (

    select
        named_signals.event_name,
        named_signals.signal_no,
        named_signals.has_condition,
        nullif(named_signals.value_property, 'value') as value_property,
        named_signals.is_money,
        coalesce(named_signals.signal_no = plain_names.first_signal_no, false) as is_first
    from named_signals
    left join plain_names on named_signals.event_name = plain_names.event_name

    union all

    select
        names.event_name,
        cast(null as smallint) as signal_no,
        false as has_condition,
        cast(null as string) as value_property,
        false as is_money,
        true as is_first
    from {{ ref('int_event_names') }} as names
    left join plain_names on names.event_name = plain_names.event_name
    where plain_names.event_name is null

)

select * from event_name_signals
