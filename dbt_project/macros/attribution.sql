{# Attribution of orders to touches. #}

{# The models that need only the touches of the order itself. #}
{% macro attribution_models() -%}
    {{ return(
        ['first', 'last', 'last_non_direct', 'linear', 'position_based', 'time_decay']
    ) }}
{%- endmacro %}

{# How many ten-billionths of the whole a part is, whole numbers both, cut. #}
{% macro ten_billionths(part, whole) -%}
    {{ return(adapter.dispatch('ten_billionths')(part, whole)) }}
{%- endmacro %}

{# Dividing numbers of more than 64 bits costs ten times as much. #}
{% macro default__ten_billionths(part, whole) -%}
    case
        when {{ part }} < 900000000 then {{ part }} * 10000000000 // {{ whole }}
        else cast(cast({{ part }} as hugeint) * 10000000000 // {{ whole }} as bigint)
    end
{%- endmacro %}

{# What a share of so many ten-billionths makes of an amount with 4 decimals, cut towards 0. #}
{% macro share_of(amount, units) %}{{ return(adapter.dispatch('share_of')(amount, units)) }}{% endmacro %}

{# Amounts below 90,000 are multiplied in 64 bits too: a float holds them exactly. #}
{% macro default__share_of(amount, units) -%}
    case
        when {{ units }} = 10000000000 then cast({{ amount }} as decimal(18, 4))
        else cast(
            cast(
                case
                    when abs({{ amount }}) < 90000
                        then {{ whole_of_float(amount, 4) }} * {{ units }} // 10000000000
                    else {{ as_whole_number('(' ~ amount ~ ')', 4) }} * {{ units }} // 10000000000
                end as decimal(22, 0)
            ) * cast(0.0001 as decimal(5, 4))
            as decimal(18, 4)
        )
    end
{%- endmacro %}
