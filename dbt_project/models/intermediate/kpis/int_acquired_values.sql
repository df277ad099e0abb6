-- What is foreseen of the new customers of each month, quarter and year, and what winning one cost.
-- Of a period without a new customer that is scored there is nothing to set against its cost.

with

facts as (

    select
        fact_date,
        spend,
        0 as new_customers,
        0 as scored_customers,
        cast(0 as decimal(18, 4)) as predicted_value,
        is_missing_rate
    from {{ ref('int_channel_reports') }}
    where spend is not null

    union all

    select
        first_orders.order_date as fact_date,
        cast(0 as decimal(18, 4)) as spend,
        1 as new_customers,
        case when predictions.predicted_value_365d is null then 0 else 1 end as scored_customers,
        coalesce(predictions.predicted_value_365d, 0) as predicted_value,
        false as is_missing_rate
    from {{ ref('int_first_orders') }} as first_orders
    left join {{ ref('int_customer_values') }} as predictions
        on first_orders.person_key = predictions.person_key

),

totals as (

    {% for grain in grains_of_months() -%}
    select
        '{{ grain }}' as period_grain,
        {{ period_start('fact_date', grain) }} as period_start,
        sum(spend) as spend,
        sum(new_customers) as new_customers,
        sum(scored_customers) as scored_customers,
        sum(predicted_value) as predicted_value,
        bool_or(is_missing_rate) as is_missing_rate
    from facts
    group by {{ period_start('fact_date', grain) }}
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

-- With 8 decimals, which a ratio of the two is exact for.
acquired_values as (

    select
        period_grain,
        period_start,
        scored_customers,
        cast(round({{ exact_ratio('predicted_value', 'scored_customers') }}, 8) as decimal(28, 8))
            as mean_predicted_value,
        cast(round({{ exact_ratio('spend', 'new_customers') }}, 8) as decimal(28, 8))
            as acquisition_cost,
        is_missing_rate
    from totals
    where scored_customers > 0

)

select * from acquired_values
