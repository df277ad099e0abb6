-- What is foreseen of the new customers of each month, quarter and year, and what winning one cost.
-- Of a period without a new customer that is scored there is nothing to set against its cost.

with

scored_customers as (

    select
        first_orders.order_date,
        predictions.predicted_value_365d as predicted_value
    from {{ ref('int_first_orders') }} as first_orders
    inner join {{ ref('int_customer_values') }} as predictions
        on first_orders.person_key = predictions.person_key
    where predictions.predicted_value_365d is not null

),

totals as (

    {% for grain in grains_of_months() -%}
    select
        '{{ grain }}' as period_grain,
        {{ period_start('order_date', grain) }} as period_start,
        count(*) as scored_customers,
        sum(predicted_value) as predicted_value
    from scored_customers
    group by {{ period_start('order_date', grain) }}
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

-- With 8 decimals, which a ratio of the two is exact for.
acquired_values as (

    select
        totals.period_grain,
        totals.period_start,
        totals.scored_customers,
        cast(
            round({{ exact_ratio('totals.predicted_value', 'totals.scored_customers') }}, 8)
            as decimal(28, 8)
        ) as mean_predicted_value,
        cast(
            round({{ exact_ratio('costs.spend', 'costs.new_customers') }}, 8) as decimal(28, 8)
        ) as acquisition_cost,
        costs.is_missing_rate
    from totals
    inner join {{ ref('int_acquisition_costs') }} as costs
        on
            totals.period_grain = costs.period_grain
            and totals.period_start = costs.period_start

)

select * from acquired_values
