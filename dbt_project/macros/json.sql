{# A property of a JSON object as an exact decimal; null when absent or not a number. #}
{% macro json_decimal(json, key) -%}
    {{ return(adapter.dispatch('json_decimal')(json, key)) }}
{%- endmacro %}

{% macro default__json_decimal(json, key) -%}
    try_cast(json_extract_string({{ json }}, '$."' || {{ key }} || '"') as decimal(18, 4))
{%- endmacro %}

{# A property of a JSON object as text; `key` is a literal name. #}
{% macro json_text(json, key) -%}
    {{ return(adapter.dispatch('json_text')(json, key)) }}
{%- endmacro %}

{% macro default__json_text(json, key) -%}
    json_extract_string({{ json }}, '$."{{ key }}"')
{%- endmacro %}
