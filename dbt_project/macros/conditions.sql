{# Bits, bounds and state words of the rule engine. #}

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

{# The number of a signal, by its name. #}
{% macro signal_no(signal) -%}
    (select signal_no from {{ ref('int_signal_names') }} where signal = '{{ signal }}')
{%- endmacro %}

{# As many copies of a row as `copies` says, numbered from 0; none for 0. #}
{% macro repeat_row(copies) %}{{ return(adapter.dispatch('repeat_row')(copies)) }}{% endmacro %}
{% macro default__repeat_row(copies) -%}
    unnest(range(cast({{ copies }} as bigint)))
{%- endmacro %}
