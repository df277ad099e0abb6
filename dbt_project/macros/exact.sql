{# Exact arithmetic for KPI values: one division, rounded once; no value passes through a float. #}

{# `numerator / denominator`, both decimal(38, 4), rounded half away from zero to 10 decimals; null
   when the denominator is 0 or null. Computed on whole ten-thousandths, since the engine divides
   decimals as floats; good for numerators below 8e23 and results below 1e17, else an error. #}
{% macro exact_ratio(numerator, denominator) -%}
    {{ return(adapter.dispatch('exact_ratio')(numerator, denominator)) }}
{%- endmacro %}

{% macro default__exact_ratio(numerator, denominator) -%}
    {%- set upper -%}
        cast({{ numerator }} * 10000 as hugeint) * cast(10000000000 as hugeint)
    {%- endset -%}
    {%- set lower -%} cast(nullif({{ denominator }}, 0) * 10000 as hugeint) {%- endset -%}
    cast(
        cast(
            sign({{ upper }}) * sign({{ lower }})
            * ((2 * abs({{ upper }}) + abs({{ lower }})) // (2 * abs({{ lower }})))
            as decimal(27, 0)
        ) * cast(0.0000000001 as decimal(11, 10))
        as decimal(38, 10)
    )
{%- endmacro %}

{# The median of decimals as an aggregate: the mean of the middle two, rounded half away from zero
   to 4 decimals. The upper one is the lower one of the negated values. #}
{% macro exact_median(value) -%}
    {{ return(adapter.dispatch('exact_median')(value)) }}
{%- endmacro %}

{% macro default__exact_median(value) -%}
    cast(
        (
            cast(quantile_disc({{ value }}, 0.5) as decimal(30, 4))
            - cast(quantile_disc(-{{ value }}, 0.5) as decimal(30, 4))
        ) * cast(0.5 as decimal(2, 1))
        as decimal(38, 4)
    )
{%- endmacro %}
