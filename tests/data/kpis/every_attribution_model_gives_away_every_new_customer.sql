-- In each period the shares of new customers add up to the new customers, whichever the model.
with

totals as (

    {% for model in attribution_models() -%}
    select
        '{{ model }}' as model,
        period_grain,
        period_start,
        sum(new_customers) as new_customers,
        sum(customers_{{ model }}) as given_away
    from {{ ref('channel_performance') }}
    group by
        period_grain,
        period_start
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

)

select *
from totals
where new_customers <> given_away
