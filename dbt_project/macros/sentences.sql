{# Numbers and words of the sentences that explain a stage. #}

{# A number as people write it: whole numbers plainly, others with two decimals, an amount of money
   with two decimals and its currency. #}
{% macro amount_text(number, is_amount, currency) -%}
    case
        when {{ is_amount }}
            then cast(cast({{ number }} as decimal(18, 2)) as string) || ' ' || {{ currency }}
        when {{ number }} = floor({{ number }}) then cast(cast({{ number }} as bigint) as string)
        else cast(cast({{ number }} as decimal(18, 2)) as string)
    end
{%- endmacro %}

{# When a subject is at risk next, or lapses if it is already at risk; null if neither will be.
   `by_order`, `by_renewal` and `by_either` say what would prevent it: of whoever orders and pays for
   a plan, either. #}
{% macro outlook_sentence(outlooks, at_risk, lapsed, by_order, by_renewal, by_either) -%}
    ' ' || case
        when {{ outlooks }}.at_risk_on is not null then '{{ at_risk }}' || {{ outlooks }}.at_risk_on
        else '{{ lapsed }}' || {{ outlooks }}.lapsed_on
    end || case
        when {{ outlooks }}.usual_gap_days is null then '{{ by_renewal }}'
        when {{ outlooks }}.health_basis = 'contract' or {{ outlooks }}.renews_on is not null
            then '{{ by_either }}'
        else '{{ by_order }}'
    end
{%- endmacro %}
