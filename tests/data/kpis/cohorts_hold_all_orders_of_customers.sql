-- Every month and in every dimension, the orders and net revenue of all cohorts are those of the
-- booked orders with an id; a cohort is complete in its own month and never larger than itself.
with

cohort_months as (

    select
        dimension,
        month,
        sum(orders) as orders,
        sum(net_revenue) as net_revenue,
        bool_or(net_revenue is null) as is_untold
    from {{ ref('retention_cohorts') }}
    group by
        dimension,
        month

),

dimensions as (

    select dimension
    from cohort_months
    group by dimension

),

order_facts as (

    select
        person_key,
        order_date as fact_date,
        1 as orders,
        coalesce(order_value, 0) as net_revenue
    from {{ ref('int_booked_orders') }}

    union all

    select
        orders.person_key,
        refunds.refund_date as fact_date,
        0 as orders,
        -coalesce(refunds.refund_value, 0) as net_revenue
    from {{ ref('int_refunds') }} as refunds
    inner join {{ ref('int_booked_orders') }} as orders on refunds.order_id = orders.order_id

),

order_months as (

    select
        dimensions.dimension,
        {{ period_start('facts.fact_date', 'month') }} as month,
        sum(facts.orders) as orders,
        sum(facts.net_revenue) as net_revenue
    from order_facts as facts
    cross join dimensions
    inner join {{ ref('int_persons') }} as persons on facts.person_key = persons.person_key
    where persons.guest_order_id is null
    group by
        dimensions.dimension,
        {{ period_start('facts.fact_date', 'month') }}

)

select
    'the orders of a month' as problem,
    coalesce(cohort_months.dimension, order_months.dimension) as dimension,
    coalesce(cohort_months.month, order_months.month) as month,
    cohort_months.net_revenue as in_cohorts,
    order_months.net_revenue as in_orders
from cohort_months
full join order_months
    on
        cohort_months.dimension = order_months.dimension
        and cohort_months.month = order_months.month
where
    coalesce(cohort_months.orders, 0) <> coalesce(order_months.orders, 0)
    or (
        not coalesce(cohort_months.is_untold, false)
        and coalesce(cohort_months.net_revenue, 0) <> coalesce(order_months.net_revenue, 0)
    )

union all

select
    'the size of a cohort' as problem,
    dimension,
    cohort_month as month,
    active as in_cohorts,
    customers as in_orders
from {{ ref('retention_cohorts') }}
where
    active > customers
    or orders < active
    or (age_months = 0 and active <> customers)
