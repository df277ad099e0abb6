-- The signals that events feed because a condition holds, each once. What is compared, and with
-- what, is data: a column is picked by its name, a key of `properties` is looked up, nothing of a
-- rule becomes part of a query.

{% set texts = [
    'event_id', 'event_name', 'anonymous_id', 'user_id', 'session_id', 'cart_id', 'order_id',
    'product_id', 'currency', 'page_url', 'referrer', 'utm_source', 'utm_medium', 'utm_campaign',
    'device_type', 'country',
] %}
{% set numbers = ['quantity', 'value'] %}

with

conditions as (

    select
        names.event_name,
        name_signals.signal_no,
        event_signals.property,
        case
            when event_signals.property like 'properties.%'
                then substr(event_signals.property, length('properties.') + 1)
        end as property_key,
        event_signals.operator,
        event_signals.operand
    from {{ ref('int_event_names') }} as names
    inner join {{ ref('event_signals') }} as event_signals
        on names.folded_name = {{ folded_name('event_signals.event_name') }}
    inner join {{ ref('int_signal_names') }} as signal_names
        on event_signals.signal = signal_names.signal
    inner join {{ ref('int_event_name_signals') }} as name_signals
        on
            names.event_name = name_signals.event_name
            and signal_names.signal_no = name_signals.signal_no
    where name_signals.has_condition

),

compared_events as (

    select
        events.raw_row_id,
        conditions.signal_no,
        conditions.operator,
        conditions.operand,
        case conditions.property
            {% for name in texts -%}
            when '{{ name }}' then events.{{ name }}
            {% endfor -%}
            else {{ json_scalar(
                'events.properties', 'conditions.property_key', only_strings=true
            ) }}
        end as stated_text,
        case conditions.property
            {% for name in numbers -%}
            when '{{ name }}' then cast(events.{{ name }} as decimal(38, 10))
            {% endfor -%}
        end as column_number,
        case conditions.property
            {% for name in texts -%}
            when '{{ name }}' then events.{{ name }}
            {% endfor -%}
            else {{ json_scalar('events.properties', 'conditions.property_key') }}
        end as number_text
    from {{ ref('stg_events') }} as events
    inner join conditions on events.event_name = conditions.event_name

),

trimmed_events as (

    select
        *,
        nullif({{ without_blanks('stated_text') }}, '') as text,
        coalesce(column_number, {{ stated_number('number_text') }}) as number,
        {{ without_blanks('operand') }} as wanted
    from compared_events

),

matches as (

    select
        raw_row_id,
        signal_no
    from trimmed_events
    where
        case operator
            when 'equals' then text = wanted
            when 'in' then {{ is_one_of('text', 'wanted') }}
            when 'starts_with' then left(text, length(wanted)) = wanted
            when 'contains' then contains(text, wanted)
            when 'at_least' then number >= {{ stated_number('wanted') }}
            when 'below' then number < {{ stated_number('wanted') }}
        end
    group by
        raw_row_id,
        signal_no

)

select * from matches
