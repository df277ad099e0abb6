-- The limits of the seed value_limits by name, in one row, for a cross join.

with

limits as (

    select
        {% for name in [
            'fewest_customers',
            'greatest_bias_percent',
            'least_dropout_percent',
            'greatest_correlation_percent',
            'prior_orders',
            'first_stage_days',
            'stage_prior_weight',
            'fewest_stage_persons',
            'fewest_subscriptions',
        ] -%}
        max(case when name = '{{ name }}' then value end) as {{ name }}
        {{- ',' if not loop.last }}
    {% endfor %}
    from {{ ref('value_limits') }}

)

select * from limits
