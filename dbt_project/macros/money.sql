{# Exact money arithmetic: no value passes through a float. #}

{# `amount * part / whole`, at a `rate` of up to 10 decimals where one is given, divided and rounded
   half away from zero to 4 decimals once. `amount` has 4 decimals, `part` and `whole`, which is
   positive, have `decimals`. Computed on whole numbers, since the engine divides decimals as floats. #}
{% macro prorated(amount, part, whole, rate=none, decimals=4) -%}
    {{ return(adapter.dispatch('prorated')(amount, part, whole, rate, decimals)) }}
{%- endmacro %}
{% macro default__prorated(amount, part, whole, rate=none, decimals=4) -%}
    {%- set product -%}
        cast({{ amount }} * 10000 as hugeint) * cast({{ part }} * {{ 10 ** decimals }} as hugeint)
        {%- if rate %} * cast({{ rate }} * cast(10000000000 as bigint) as hugeint) {%- endif %}
    {%- endset -%}
    {%- set divisor -%}
        cast({{ whole }} * {{ 10 ** decimals }} as hugeint)
        {%- if rate %} * cast(10000000000 as hugeint) {%- endif %}
    {%- endset -%}
    cast(
        cast(
            sign({{ product }}) * ((2 * abs({{ product }}) + {{ divisor }}) // (2 * {{ divisor }}))
            as decimal(22, 0)
        ) * cast(0.0001 as decimal(5, 4))
        as decimal(18, 4)
    )
{%- endmacro %}

{# `amount * weight / total`, rounded half away from zero to 4 decimals: an amount that is not negative
   and weights of 8 decimals, not negative and with a positive total. Exact as long as the total is
   below 1e11; beyond, where the product no longer fits, it is divided as a float. #}
{% macro share_by_weight(amount, weight, total) -%}
    {{ return(adapter.dispatch('share_by_weight')(amount, weight, total)) }}
{%- endmacro %}
{% macro default__share_by_weight(amount, weight, total) -%}
    {%- set whole_total = whole_of_float(total, 8) -%}
    cast(
        case
            -- Dividing numbers of more than 64 bits costs ten times as much; numbers like these a
            -- float holds exactly.
            when {{ amount }} < 2000 and {{ total }} < 2000
                then cast(
                    (
                        2 * {{ whole_of_float(amount, 4) }} * {{ whole_of_float(weight, 8) }}
                        + {{ whole_total }}
                    ) // (2 * {{ whole_total }}) as decimal(22, 0)
                ) * cast(0.0001 as decimal(5, 4))
            when {{ total }} < 100000000000 then {{ prorated(amount, weight, total, decimals=8) }}
            else cast(
                cast({{ amount }} as double) * (cast({{ weight }} as double) / {{ total }})
                as decimal(26, 4)
            )
        end as decimal(18, 4)
    )
{%- endmacro %}
