{# Properties: JSON objects whose keys and values are other people's. #}

{# The string or number under a top-level key as text, or only a string; null for anything else.
   `key` is an expression, and is read by a pointer, not a path: no key can end it. #}
{% macro json_scalar(json, key, only_strings=false) -%}
    {{ return(adapter.dispatch('json_scalar')(json, key, only_strings)) }}
{%- endmacro %}
{% macro default__json_scalar(json, key, only_strings=false) -%}
    {%- set pointer = "'/' || replace(replace(" ~ key ~ ", '~', '~0'), '/', '~1')" -%}
    case
        when json_type({{ json }}, {{ pointer }}) in (
            'VARCHAR'{% if not only_strings %}, 'BIGINT', 'UBIGINT', 'HUGEINT', 'DOUBLE'{% endif %}
        )
            then json_extract_string({{ json }}, {{ pointer }})
    end
{%- endmacro %}

{# A property of a JSON object as text; `key` is a literal name. #}
{% macro json_text(json, key) -%}
    {{ json_scalar(json, "'" ~ key ~ "'") }}
{%- endmacro %}

{# The same as a word to tell rows apart by: trimmed, null where it says nothing. #}
{% macro json_word(json, key) -%}
    {{ word(json_text(json, key)) }}
{%- endmacro %}
