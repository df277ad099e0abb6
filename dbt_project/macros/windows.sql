{# Window functions that engines write differently. #}

{# A window function that passes over nulls, such as the last value that is known; `over` follows. #}
{% macro ignoring_nulls(function, value) -%}
    {{ return(adapter.dispatch('ignoring_nulls')(function, value)) }}
{%- endmacro %}

{% macro default__ignoring_nulls(function, value) -%}
    {{ function }}({{ value }} ignore nulls)
{%- endmacro %}
