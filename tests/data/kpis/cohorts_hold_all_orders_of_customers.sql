-- Every month, the orders and net revenue of all cohorts are those of the booked orders with
-- an id; a cohort is complete in its own month and never larger than itself.
with

cohort_months as (

    select
        month,
        sum(orders) as orders,
        sum(net_revenue) as net_revenue,
        bool_or(net_revenue is null) as is_untold
    from {{ ref('retention_cohorts') }}
    group by month

),

order_months as (

    select
        {{ month_start('facts.fact_date') }} as month,
        coalesce(sum(facts.orders), 0) as orders,
        sum(coalesce(facts.gross_value, 0) - coalesce(facts.refund_value, 0)) as net_revenue
    from {{ ref('int_kpi_order_facts') }} as facts
    inner join {{ ref('int_persons') }} as persons on facts.person_key = persons.person_key
    where persons.guest_order_id is null
    group by {{ month_start('facts.fact_date') }}

)

select
    'the orders of a month' as problem,
    coalesce(cohort_months.month, order_months.month) as month,
    cohort_months.net_revenue as in_cohorts,
    order_months.net_revenue as in_orders
from cohort_months
full join order_months on cohort_months.month = order_months.month
where
    coalesce(cohort_months.orders, 0) <> coalesce(order_months.orders, 0)
    or (
        not coalesce(cohort_months.is_untold, false)
        and coalesce(cohort_months.net_revenue, 0) <> coalesce(order_months.net_revenue, 0)
    )

union all

select
    'the size of a cohort' as problem,
    cohort_month as month,
    active as in_cohorts,
    customers as in_orders
from {{ ref('retention_cohorts') }}
where
    active > customers
    or orders < active
    or (age_months = 0 and active <> customers)
