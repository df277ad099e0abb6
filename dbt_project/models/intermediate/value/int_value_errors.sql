-- How far each model was off in the days held out: the weighted absolute error over the classes of
-- frequency, and the bias of the whole.

with

totals as (

    select
        purpose,
        model,
        cast(sum(abs(expected_orders - actual_orders)) as double) as absolute_error,
        cast(sum(expected_orders) as double) as expected_orders,
        cast(sum(actual_orders) as double) as actual_orders
    from {{ ref('int_value_holdouts') }}
    group by
        purpose,
        model

),

errors as (

    select
        purpose,
        model,
        absolute_error / nullif(actual_orders, 0) as wape,
        expected_orders / nullif(actual_orders, 0) - 1 as bias
    from totals

)

select * from errors
