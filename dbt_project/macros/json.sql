{# Properties: JSON objects whose keys and values are other people's. #}

{# The string or number under a top-level key as text, null for anything else; `key` is an
   expression. A pointer, not a path: no key can end it. #}
{% macro json_scalar(json, key) -%}
    {{ return(adapter.dispatch('json_scalar')(json, key)) }}
{%- endmacro %}

{% macro default__json_scalar(json, key) -%}
    {%- set pointer = "'/' || replace(replace(" ~ key ~ ", '~', '~0'), '/', '~1')" -%}
    case
        when json_type({{ json }}, {{ pointer }}) in (
            'VARCHAR', 'BIGINT', 'UBIGINT', 'HUGEINT', 'DOUBLE'
        )
            then json_extract_string({{ json }}, {{ pointer }})
    end
{%- endmacro %}

{# The string under a top-level key, null for anything else; `key` is an expression. #}
{% macro json_string(json, key) -%}
    {{ return(adapter.dispatch('json_string')(json, key)) }}
{%- endmacro %}

{% macro default__json_string(json, key) -%}
    {%- set pointer = "'/' || replace(replace(" ~ key ~ ", '~', '~0'), '/', '~1')" -%}
    case
        when json_type({{ json }}, {{ pointer }}) = 'VARCHAR'
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
