{# Window functions that engines write differently. #}

{# A window function that passes over nulls, such as the last value that is known; `over` follows. #}
{% macro ignoring_nulls(function, value) -%}
    {{ return(adapter.dispatch('ignoring_nulls')(function, value)) }}
{%- endmacro %}
{% macro default__ignoring_nulls(function, value) -%}
    {{ function }}({{ value }} ignore nulls)
{%- endmacro %}

{# The product of numbers, as floats: an aggregate, which `over` may follow. #}
{% macro product(factor) %}{{ return(adapter.dispatch('product')(factor)) }}{% endmacro %}
{% macro default__product(factor) -%}
    product({{ factor }})
{%- endmacro %}
