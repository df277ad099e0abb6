-- What each customer is worth: what came in, what is foreseen, and which model says so.

with

customer_value as (

    select
        person_id as subject_id,
        frequency,
        recency_days,
        age_days,
        monetary_value,
        probability_alive,
        expected_orders_90d,
        expected_orders_365d,
        expected_order_value,
        predicted_value_90d,
        predicted_value_365d,
        contract_value_365d,
        historic_value,
        model,
        cast(value_rank as integer) as value_rank,
        value_decile
    from {{ ref('int_customer_values') }}

)

select * from customer_value
