-- Which share of an order day's customers has not ordered again after so many days, by Kaplan and
-- Meier: whoever has not ordered again yet counts as long as there was time to.

with

followed_days as (

    select
        steps.order_day_number,
        customer_groups.dimension,
        customer_groups.dimension_value,
        steps.followed_days,
        sum(case when steps.has_next then 1 else 0 end) as next_orders,
        count(*) as endings
    from {{ ref('int_order_steps') }} as steps
    inner join {{ ref('int_customer_groups') }} as customer_groups
        on steps.person_key = customer_groups.person_key
    where customer_groups.dimension in ({{ "'" ~ cohort_dimensions() | join("', '") ~ "'" }})
    group by
        steps.order_day_number,
        customer_groups.dimension,
        customer_groups.dimension_value,
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
