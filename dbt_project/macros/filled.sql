{# Columns of events that are null are read from the key of their name in `properties`. #}

{# A text column, filled. #}
{% macro filled_text(events, column) -%}
    case
        when {{ events }}.{{ column }} is not null then {{ events }}.{{ column }}
        when {{ json_mentions(events ~ '.properties', column) }}
            then {{ stated_text(json_text(events ~ '.properties', column)) }}
    end
{%- endmacro %}

{# An id column, filled; an excluded id keeps the property out and then counts as absent. #}
{% macro filled_id(events, column) -%}
    case
        when {{ events }}.{{ column }} is not null then {{ known_id(events ~ '.' ~ column) }}
        when {{ json_mentions(events ~ '.properties', column) }}
            then {{ property_id(events ~ '.properties', column) }}
    end
{%- endmacro %}

{# An id inside `properties`. #}
{% macro property_id(properties, key) -%}
    {{ known_id(canonical_id(stated_text(json_text(properties, key)))) }}
{%- endmacro %}

{# A number column, filled from the first of the keys that states a number. #}
{% macro filled_number(events, column, keys) -%}
    case
        when {{ events }}.{{ column }} is not null then {{ events }}.{{ column }}
        when
            {% for key in keys -%}
            {{ 'or ' if not loop.first }}{{ json_mentions(events ~ '.properties', key) }}
            {% endfor -%}
            then coalesce(
                {%- for key in keys %}
                {{ json_decimal(events ~ '.properties', "'" ~ key ~ "'") }}{{ ',' if not loop.last }}
                {%- endfor %}
            )
    end
{%- endmacro %}
