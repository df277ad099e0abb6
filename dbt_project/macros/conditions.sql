{# Bits, bounds and state words of the rule engine. #}

{# The integer with one bit set, `position` from 0. #}
{% macro bit(position) -%}
    {{ return(adapter.dispatch('bit')(position)) }}
{%- endmacro %}

{% macro default__bit(position) -%}
    (cast(1 as bigint) << cast({{ position }} as integer))
{%- endmacro %}

{# Whether a value lies in the half-open range of a condition; a blank bound is no bound. #}
{% macro in_bounds(value, conditions='conditions') -%}
    (
        coalesce({{ value }} >= {{ conditions }}.at_least, true)
        and coalesce({{ value }} < {{ conditions }}.below, true)
    )
{%- endmacro %}

{# The subject types a condition (or a framework) speaks of; account keys follow person keys. #}
{% macro applies_to_subject(subjects, conditions='conditions') -%}
    case
        when {{ subjects }}.is_account then {{ conditions }}.for_accounts
        else {{ conditions }}.for_persons
    end
{%- endmacro %}
