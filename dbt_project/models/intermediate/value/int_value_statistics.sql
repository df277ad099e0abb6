-- Equal histories once, with how many customers have them: all that a fit needs to know. Without
-- enough customers there is no fit, hence no row. Spending is fitted on those who came back and
-- spent something.

with

histories as (

    select * from {{ ref('int_value_histories') }}

),

customers as (

    select count(*) as customers
    from histories
    where purpose = 'all'

),

statistics as (

    select
        histories.purpose,
        histories.frequency,
        histories.recency_days,
        histories.age_days,
        cast(null as decimal(18, 4)) as monetary_value,
        count(*) as customers
    from histories
    group by
        histories.purpose,
        histories.frequency,
        histories.recency_days,
        histories.age_days

    union all

    select
        'spending' as purpose,
        histories.frequency,
        cast(null as integer) as recency_days,
        cast(null as integer) as age_days,
        histories.monetary_value,
        count(*) as customers
    from histories
    where
        histories.purpose = 'all'
        and histories.frequency > 0
        and histories.monetary_value > 0
    group by
        histories.frequency,
        histories.monetary_value

),

fitted_statistics as (

    select statistics.*
    from statistics
    cross join customers
    cross join {{ ref('int_value_limits') }} as limits
    where customers.customers >= limits.fewest_customers

)

select * from fitted_statistics
