{# Bits, bounds and state words of the rule engine. #}

{# The integer with one bit set, `position` from 0. #}
{% macro bit(position) -%}
    {{ return(adapter.dispatch('bit')(position)) }}
{%- endmacro %}

{% macro default__bit(position) -%}
    (cast(1 as bigint) << cast({{ position }} as integer))
{%- endmacro %}

{# Whether a value lies in the half-open range of a condition; a blank bound is no bound. #}
{% macro in_bounds(value, conditions) -%}
    (
        coalesce({{ value }} >= {{ conditions }}.at_least, true)
        and coalesce({{ value }} < {{ conditions }}.below, true)
    )
{%- endmacro %}

{# The type of a subject, by its key: account keys are negative. #}
{% macro subject_type(subject_key) -%}
    case when {{ subject_key }} < 0 then 'account' else 'person' end
{%- endmacro %}

{# Whether a condition speaks of a subject. #}
{% macro applies_to_subject(subject_key, conditions) -%}
    case
        when {{ subject_key }} < 0 then {{ conditions }}.for_accounts
        else {{ conditions }}.for_persons
    end
{%- endmacro %}

{# The bits that differ between two words. #}
{% macro bits_between(word, other_word) -%}
    {{ return(adapter.dispatch('bits_between')(word, other_word)) }}
{%- endmacro %}

{% macro default__bits_between(word, other_word) -%}
    xor({{ word }}, {{ other_word }})
{%- endmacro %}

{# The number of a signal, by its name. #}
{% macro signal_no(signal) -%}
    (select signal_no from {{ ref('int_signal_names') }} where signal = '{{ signal }}')
{%- endmacro %}

{# As many copies of a row as `copies` says, numbered from 0; none for 0. #}
{% macro repeat_row(copies) -%}
    {{ return(adapter.dispatch('repeat_row')(copies)) }}
{%- endmacro %}

{% macro default__repeat_row(copies) -%}
    unnest(range(cast({{ copies }} as bigint)))
{%- endmacro %}
