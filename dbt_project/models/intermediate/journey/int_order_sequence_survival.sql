-- Which share of an order day's customers has not ordered again after so many days, by Kaplan and
-- Meier: whoever has not ordered again yet counts as long as there was time to.

with

followed_days as (

    select
        steps.order_day_number,
        cohort_groups.dimension,
        cohort_groups.dimension_value,
        steps.followed_days,
        sum(case when steps.has_next then 1 else 0 end) as next_orders,
        count(*) as endings
    from {{ ref('int_order_steps') }} as steps
    inner join {{ ref('int_cohort_groups') }} as cohort_groups
        on steps.person_key = cohort_groups.person_key
    group by
        steps.order_day_number,
        cohort_groups.dimension,
        cohort_groups.dimension_value,
        steps.followed_days

),

exposed_days as (

    select
        *,
        sum(endings) over (
            partition by order_day_number, dimension, dimension_value
            order by followed_days desc
        ) as exposed
    from followed_days

),

survival as (

    select
        *,
        {{ product('cast(exposed - next_orders as double) / exposed') }} over (
            partition by order_day_number, dimension, dimension_value
            order by followed_days
        ) as survival
    from exposed_days

)

select * from survival
