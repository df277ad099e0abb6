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

{# What an order is worth net of tax and shipping, at a rate, rounded half away from zero to 4 decimals
   once, never below 0. `orders` names rows with `total_price`, `taxless_price`, `paid_part` and
   `known_shipping`, of which only one of the last two takes anything off. #}
{% macro order_value(orders, rate) -%}
    {{ return(adapter.dispatch('order_value')(orders, rate)) }}
{%- endmacro %}

{% macro default__order_value(orders, rate) -%}
    case
        when {{ orders }}.paid_part = {{ orders }}.total_price
            then cast(
                round(
                    greatest(
                        cast(
                            {{ orders }}.taxless_price - {{ orders }}.known_shipping as decimal(18, 4)
                        ),
                        0
                    ) * {{ rate }},
                    4
                ) as decimal(18, 4)
            )
        when
            sign({{ orders }}.taxless_price) * sign({{ orders }}.paid_part) < 0
            and {{ rate }} is not null
            then 0
        else {{ prorated_at(
            orders ~ '.taxless_price', orders ~ '.paid_part', orders ~ '.total_price', rate
        ) }}
    end
{%- endmacro %}

{# `amount * part / whole * rate`, as prorated(); the rate has up to 10 decimals. #}
{% macro prorated_at(amount, part, whole, rate) -%}
    {%- set product -%}
        cast({{ amount }} * 10000 as hugeint) * cast({{ part }} * 10000 as hugeint)
        * cast({{ rate }} * cast(10000000000 as bigint) as hugeint)
    {%- endset -%}
    {%- set divisor -%}
        (cast({{ whole }} * 10000 as hugeint) * cast(10000000000 as hugeint))
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
    cast(
        case
            -- Dividing numbers of more than 64 bits costs ten times as much; numbers like these a
            -- float holds exactly.
            when {{ amount }} < 2000 and {{ total }} < 2000
                then {{ rounded_share(
                    whole_of_float(amount, 4), whole_of_float(weight, 8), whole_of_float(total, 8)
                ) }}
            when {{ total }} < 100000000000
                then {{ rounded_share(
                    'cast(' ~ amount ~ ' * 10000 as hugeint)',
                    'cast(' ~ weight ~ ' * 100000000 as hugeint)',
                    'cast(' ~ total ~ ' * 100000000 as hugeint)',
                ) }}
            else cast(
                cast({{ amount }} as double) * (cast({{ weight }} as double) / {{ total }})
                as decimal(26, 4)
            )
        end as decimal(18, 4)
    )
{%- endmacro %}

{# The same of whole numbers: ten-thousandths, and hundred-millionths twice. #}
{% macro rounded_share(amount, weight, total) -%}
    cast((2 * {{ amount }} * {{ weight }} + {{ total }}) // (2 * {{ total }}) as decimal(22, 0))
    * cast(0.0001 as decimal(5, 4))
{%- endmacro %}
