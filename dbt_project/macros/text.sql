{# Lists kept in one cell of a seed. #}

{# One row per part of a text between separators. #}
{% macro unnest_parts(text, separator) -%}
    {{ return(adapter.dispatch('unnest_parts')(text, separator)) }}
{%- endmacro %}

{% macro default__unnest_parts(text, separator) -%}
    unnest(string_split({{ text }}, '{{ separator }}'))
{%- endmacro %}
