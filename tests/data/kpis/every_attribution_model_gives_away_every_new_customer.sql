-- In each period the shares of new customers add up to the new customers, whichever the model.
with

totals as (

    select
        period_grain,
        period_start,
        sum(new_customers) as new_customers,
        {%- for model in attribution_models() %}
        sum(customers_{{ model }}) as customers_{{ model }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('channel_performance') }}
    group by
        period_grain,
        period_start

)

select *
from totals
where
    {% for model in attribution_models() -%}
    {{ 'or ' if not loop.first }}new_customers <> customers_{{ model }}
    {% endfor %}
