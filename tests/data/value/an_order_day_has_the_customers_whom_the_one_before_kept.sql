-- Law: those whom another order day follows are the customers of the next number, the values of a
-- dimension add up to all, and the first order days are those of the cohorts.

{{ config(meta={'dagster': {'ref': {'name': 'order_sequence'}}}) }}

with

sequence as (

    select
        order_day_number,
        dimension,
        dimension_value,
        customers,
        order_days,
        case when not is_pooled then followed_by_another end as followed_by_another
    from {{ ref('order_sequence') }}

),

totals as (

    select
        order_day_number,
        dimension,
        sum(customers) as customers,
        sum(order_days) as order_days
    from sequence
    group by
        order_day_number,
        dimension

),

first_days as (

    select * from sequence
    where order_day_number = 1

),

cohorts as (

    select
        dimension,
        dimension_value,
        sum(customers) as customers
    from {{ ref('retention_cohorts') }}
    where age_months = 0
    group by
        dimension,
        dimension_value

)

select
    sequence.order_day_number,
    sequence.dimension,
    'the next order day' as problem
from sequence
left join sequence as next_days
    on
        sequence.order_day_number + 1 = next_days.order_day_number
        and sequence.dimension = next_days.dimension
        and sequence.dimension_value = next_days.dimension_value
where sequence.followed_by_another <> coalesce(next_days.customers, 0)

union all

select
    totals.order_day_number,
    totals.dimension,
    'the total' as problem
from totals
inner join totals as everybody
    on
        totals.order_day_number = everybody.order_day_number
        and everybody.dimension = 'all'
where
    totals.customers <> everybody.customers
    or totals.order_days <> everybody.order_days

union all

select
    1 as order_day_number,
    coalesce(first_days.dimension, cohorts.dimension) as dimension,
    'the cohorts' as problem
from cohorts
full join first_days
    on
        cohorts.dimension = first_days.dimension
        and cohorts.dimension_value = first_days.dimension_value
where first_days.customers is distinct from cohorts.customers
