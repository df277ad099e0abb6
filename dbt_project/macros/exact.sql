{# Exact arithmetic for KPI values: one division, rounded once; no float is believed without proof. #}

{# `numerator / denominator`, decimals with at most `scale` decimals, rounded half away from zero to 10
   decimals; null when the denominator is 0 or null. The engine divides decimals as floats: what it
   says is proven, or computed again on whole numbers; good for numerators below 8e27 / 10^scale and
   results below 1e17, else an error. #}
{% macro exact_ratio(numerator, denominator, scale=4) -%}
    {{ return(adapter.dispatch('exact_ratio')(numerator, denominator, scale)) }}
{%- endmacro %}
{% macro default__exact_ratio(numerator, denominator, scale=4) -%}
    {%- set upper = 'try_cast(' ~ numerator ~ ' as decimal(27, 10))' -%}
    {%- set lower = 'try_cast(' ~ denominator ~ ' as decimal(27, 10))' -%}
    {#- Null if one of them is: times the denominator it keeps within 38 digits. -#}
    {%- set quotient -%}
        try_cast(
            cast({{ upper }} as double) / nullif(cast({{ lower }} as double), 0)
            as decimal(18, 10)
        )
    {%- endset -%}
    case
        when {{ denominator }} = 0 then cast(null as decimal(38, 10))
        when {{ denominator }} = 1 then cast({{ numerator }} as decimal(38, 10))
        -- A division of whole numbers costs thirty times as much as one of floats and the proof that
        -- no other decimal lies closer.
        when
            2 * abs(
                cast({{ upper }} as decimal(38, 20))
                - {{ quotient }} * cast({{ lower }} as decimal(38, 10))
            ) < abs({{ lower }}) * cast(0.0000000001 as decimal(11, 10))
            then cast({{ quotient }} as decimal(38, 10))
        else {{ whole_ratio(numerator, denominator, scale) }}
    end
{%- endmacro %}

{# The same by whole numbers, which always are exact. #}
{% macro whole_ratio(numerator, denominator, scale) -%}
    {%- set upper -%}
        {{ as_whole_number(numerator, scale) }} * cast(10000000000 as hugeint)
    {%- endset -%}
    {%- set lower = as_whole_number('nullif(' ~ denominator ~ ', 0)', scale) -%}
    cast(
        cast(
            sign({{ upper }}) * sign({{ lower }})
            * ((2 * abs({{ upper }}) + abs({{ lower }})) // (2 * abs({{ lower }})))
            as decimal(27, 0)
        ) * cast(0.0000000001 as decimal(11, 10))
        as decimal(38, 10)
    )
{%- endmacro %}

{# A decimal times 10^scale as a whole number. The decimals go apart from the rest, so that the
   product keeps within 38 digits. #}
{% macro as_whole_number(value, scale) -%}
    (
        cast(trunc({{ value }}) as hugeint) * cast({{ 10 ** scale }} as hugeint)
        + cast(
            cast({{ value }} - trunc({{ value }}) as decimal(18, {{ scale }}))
            * cast({{ 10 ** scale }} as bigint) as hugeint
        )
    )
{%- endmacro %}

{# The same of a decimal that stays below 9e15 when it is multiplied, which a float holds exactly. #}
{% macro whole_of_float(value, scale) -%}
    cast(round(cast({{ value }} as double) * {{ 10 ** scale }}) as bigint)
{%- endmacro %}

{# The median of decimals as an aggregate: the mean of the middle two, exact for up to 9 decimals.
   A little above a half lies the upper one, if there are two. The numbers are kept once for both. #}
{% macro exact_median(value) %}{{ return(adapter.dispatch('exact_median')(value)) }}{% endmacro %}
{% macro default__exact_median(value) -%}
    {%- set middle_two = 'quantile_disc(' ~ value ~ ', [0.5, 0.5000000001])' -%}
    cast(
        (
            cast({{ middle_two }}[1] as decimal(30, 9)) + cast({{ middle_two }}[2] as decimal(30, 9))
        ) * cast(0.5 as decimal(2, 1))
        as decimal(38, 10)
    )
{%- endmacro %}
