-- Equal histories once, with how many customers have them: all that a fit needs to know. Without
-- enough customers there is no fit, hence no row. Spending is fitted on those who came back and
-- spent something. What was known at past month ends says who would have been called lapsed then.

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

month_statistics as (

    select
        'month:' || cast(orders.known_on as string) as purpose,
        cast(orders.gaps as integer) as frequency,
        {{ days_between('orders.first_order_on', 'orders.last_order_on') }} as recency_days,
        {{ days_between('orders.first_order_on', 'orders.known_on') }} as age_days,
        cast(null as decimal(18, 4)) as monetary_value,
        count(*) as customers
    from {{ ref('int_order_snapshots') }} as orders
    cross join {{ ref('int_settings') }} as settings
    where orders.known_on < settings.as_of_date
    group by
        orders.known_on,
        orders.gaps,
        {{ days_between('orders.first_order_on', 'orders.last_order_on') }},
        {{ days_between('orders.first_order_on', 'orders.known_on') }}

),

counted_month_statistics as (

    select
        *,
        sum(customers) over (partition by purpose) as known_customers
    from month_statistics

),

fitted_statistics as (

    select statistics.*
    from statistics
    cross join customers
    cross join {{ ref('int_value_limits') }} as limits
    where customers.customers >= limits.fewest_customers

    union all

    select
        months.purpose,
        months.frequency,
        months.recency_days,
        months.age_days,
        months.monetary_value,
        months.customers
    from counted_month_statistics as months
    cross join {{ ref('int_value_limits') }} as limits
    where months.known_customers >= limits.fewest_customers

)

select * from fitted_statistics
