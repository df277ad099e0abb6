{# Subscriptions: what their paid periods say of health. #}

{# What a subscription says: nothing before its first paid period, `lapsed` when none runs any more. #}
{% macro contract_health(begun, running, paid, setbacks) -%}
    case
        when {{ begun }} = 0 then null
        when {{ running }} = 0 then 'lapsed'
        when {{ setbacks }} > 0 or {{ paid }} = 0 then 'at_risk'
        else 'active'
    end
{%- endmacro %}
