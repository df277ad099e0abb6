{# Subscriptions: what an event states of its term. #}

{# A term in months, whole and from 1 to 120; null when a text states none. #}
{% macro interval_months(text) -%}
    case
        when
            {{ stated_number(text) }} between 1 and 120
            and {{ stated_number(text) }} = floor({{ stated_number(text) }})
            then cast({{ stated_number(text) }} as integer)
    end
{%- endmacro %}

{# What a subscription says: nothing before its first paid period, `lapsed` when none runs any more. #}
{% macro contract_health(begun, running, paid, setbacks) -%}
    case
        when {{ begun }} = 0 then null
        when {{ running }} = 0 then 'lapsed'
        when {{ setbacks }} > 0 or {{ paid }} = 0 then 'at_risk'
        else 'active'
    end
{%- endmacro %}
