-- Everybody who ever bought or subscribed, what they brought in and what is foreseen of them. Who
-- only ever had a subscription has no orders to foresee others from.

with

customers as (

    select
        person_key,
        case
            when not coalesce(bool_or(is_missing_rate), false)
                then cast(sum(order_value - refunded_value) as decimal(18, 4))
        end as historic_value
    from {{ ref('int_booked_orders') }}
    where not is_guest
    group by person_key

    union all

    select
        terms.person_key,
        cast(0 as decimal(18, 4)) as historic_value
    from {{ ref('int_subscription_terms') }} as terms
    where
        not exists (
            select 1
            from {{ ref('int_booked_orders') }} as orders
            where
                terms.person_key = orders.person_key
                and not orders.is_guest
        )
    group by terms.person_key

),

valued_customers as (

    select
        customers.person_key,
        persons.person_id,
        predictions.frequency,
        predictions.recency_days,
        predictions.age_days,
        predictions.monetary_value,
        predictions.probability_alive,
        predictions.expected_orders_90d,
        predictions.expected_orders_365d,
        predictions.expected_order_value,
        predictions.predicted_value_90d,
        predictions.predicted_value_365d,
        subscriptions.contract_value_365d,
        customers.historic_value,
        coalesce(predictions.model, 'none') as model,
        case
            when predictions.predicted_value_365d is null then subscriptions.contract_value_365d
            when subscriptions.contract_value_365d is null then predictions.predicted_value_365d
            else predictions.predicted_value_365d + subscriptions.contract_value_365d
        end as value_ahead
    from customers
    inner join {{ ref('int_persons') }} as persons on customers.person_key = persons.person_key
    left join {{ ref('int_value_predictions') }} as predictions
        on customers.person_key = predictions.person_key
    left join {{ ref('int_subscription_values') }} as subscriptions
        on customers.person_key = subscriptions.person_key

),

ranked_customers as (

    select
        *,
        case
            when value_ahead is not null
                then
                    row_number() over (
                        partition by value_ahead is null
                        order by value_ahead desc, person_id asc
                    )
        end as value_rank,
        count(value_ahead) over () as ranked_customers
    from valued_customers

),

-- The best tenth of eleven are two: positions are rounded up.
customer_values as (

    select
        *,
        cast(floor(cast(10 * (value_rank - 1) as double) / ranked_customers) as integer) + 1
            as value_decile
    from ranked_customers

)

select * from customer_values
