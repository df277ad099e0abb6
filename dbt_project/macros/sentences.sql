{# Numbers and words of the sentences that explain a stage. #}

{# A number as people write it: whole numbers plainly, others with two decimals. #}
{% macro plain_number(number) -%}
    case
        when {{ number }} = floor({{ number }}) then cast(cast({{ number }} as bigint) as varchar)
        else cast(cast({{ number }} as decimal(18, 2)) as varchar)
    end
{%- endmacro %}

{# An amount of money with its currency. #}
{% macro plain_money(amount, currency) -%}
    cast(cast({{ amount }} as decimal(18, 2)) as varchar) || ' ' || {{ currency }}
{%- endmacro %}

{# The texts of a group joined in the order of other columns. #}
{% macro joined_texts(text, separator, order_by) -%}
    {{ return(adapter.dispatch('joined_texts')(text, separator, order_by)) }}
{%- endmacro %}

{% macro default__joined_texts(text, separator, order_by) -%}
    string_agg({{ text }}, '{{ separator }}' order by {{ order_by }})
{%- endmacro %}

{# When a subject is at risk next, or lapses if it is already at risk; null if neither will be.
   `endings` say what would prevent it, for a contract and for orders. #}
{% macro outlook_sentence(outlooks, at_risk, lapsed, endings) -%}
    ' ' || case
        when {{ outlooks }}.at_risk_on is not null then '{{ at_risk }}' || {{ outlooks }}.at_risk_on
        else '{{ lapsed }}' || {{ outlooks }}.lapsed_on
    end || case
        when {{ outlooks }}.health_basis = 'contract' then '{{ endings[0] }}'
        else '{{ endings[1] }}'
    end
{%- endmacro %}
