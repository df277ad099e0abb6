-- The raw rows of events with their null columns read from `properties`, before any is left out.

{% set ids = ['anonymous_id', 'user_id', 'session_id', 'cart_id', 'order_id', 'product_id'] %}
{% set texts = [
    'currency', 'page_url', 'referrer', 'utm_source', 'utm_medium', 'utm_campaign', 'device_type',
    'country',
] %}
{% set amounts = ['value', 'price', 'revenue', 'total'] %}

with

raw_rows as (

    {{ raw_rows('events') }}

),

-- A look for the word rules most properties out without reading them.
told_rows as (

    select
        raw_rows.*,
        {%- for name in ids + texts + amounts + ['quantity'] %}
        case
            when
                raw_rows.{{ 'value' if name in amounts else name }} is null
                and contains(cast(raw_rows.properties as string), '"{{ name }}"')
                then {{ json_text('raw_rows.properties', name) }}
        end as told_{{ name }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from raw_rows

),

-- An excluded id is no null: it keeps the property out, and then counts as absent.
filled_rows as (

    select
        raw_row_id,
        row_hash,
        file_id,
        loaded_at,
        event_id,
        event_name,
        occurred_at,
        received_at,
        {% for name in ids -%}
        coalesce({{ name }}, {{ canonical_id(stated_text('told_' ~ name)) }}) as {{ name }},
        {% endfor -%}
        {% for name in texts -%}
        coalesce({{ name }}, {{ stated_text('told_' ~ name) }}) as {{ name }},
        {% endfor -%}
        coalesce(
            value,
            {% for name in amounts -%}
            {{ as_amount(stated_number('told_' ~ name)) }}{{ ',' if not loop.last }}
            {% endfor %}
        ) as value,
        coalesce(quantity, {{ as_amount(stated_number('told_quantity')) }}) as quantity,
        properties
    from told_rows

),

known_rows as (

    select
        raw_row_id,
        row_hash,
        file_id,
        loaded_at,
        event_id,
        event_name,
        occurred_at,
        received_at,
        {% for name in ids -%}
        {{ known_id(name) }} as {{ name }},
        {% endfor -%}
        upper(trim(currency)) as currency,
        {% for name in texts if name != 'currency' -%}
        {{ name }},
        {% endfor -%}
        value,
        quantity,
        properties
    from filled_rows

)

select * from known_rows
