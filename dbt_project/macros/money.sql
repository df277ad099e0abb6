{# Exact money arithmetic: no value passes through a float. #}

{# `amount * part / whole`, rounded half away from zero to 4 decimals; all three decimal(18, 4),
   `whole` positive. Computed on whole ten-thousandths, since the engine divides decimals as floats. #}
{% macro prorated(amount, part, whole) -%}
    {{ return(adapter.dispatch('prorated')(amount, part, whole)) }}
{%- endmacro %}

{% macro default__prorated(amount, part, whole) -%}
    {%- set product -%}
        cast({{ amount }} * 10000 as hugeint) * cast({{ part }} * 10000 as hugeint)
    {%- endset -%}
    {%- set divisor -%} cast({{ whole }} * 10000 as hugeint) {%- endset -%}
    cast(
        cast(
            sign({{ product }}) * ((2 * abs({{ product }}) + {{ divisor }}) // (2 * {{ divisor }}))
            as decimal(22, 0)
        ) * cast(0.0001 as decimal(5, 4))
        as decimal(18, 4)
    )
{%- endmacro %}
