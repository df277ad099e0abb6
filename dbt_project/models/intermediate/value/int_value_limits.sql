-- What is asked of a fit before it may speak, in one row, for a cross join.

with

limits as (

    select
        200 as fewest_customers,
        cast(0.25 as double) as greatest_bias,
        cast(0.01 as double) as least_dropout,
        cast(0.3 as double) as greatest_correlation,
        3 as prior_orders,
        180 as first_stage_days,
        20 as stage_prior_weight,
        30 as fewest_stage_persons,
        20 as fewest_subscriptions

)

select * from limits
