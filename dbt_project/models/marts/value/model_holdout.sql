-- How often the customers of each frequency did order in the days held out, and how often each
-- model foresaw it.

with

holdout as (

    select
        purpose,
        model,
        case when frequency_from = 7 then '7+' else cast(frequency_from as string) end
            as frequency_class,
        cast(customers as bigint) as customers,
        cast(expected_orders as double) as expected_orders,
        cast(actual_orders as bigint) as actual_orders
    from {{ ref('int_value_holdouts') }}

)

select * from holdout
