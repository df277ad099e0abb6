-- Σ new_customers = persons with a booked order, in every grain and by the cohorts; buyers
-- without any id are no customers.
with

customers as (

    select count(distinct orders.person_key) as customers
    from {{ ref('int_orders') }} as orders
    inner join {{ ref('int_persons') }} as persons on orders.person_key = persons.person_key
    where
        persons.guest_order_id is null
        and orders.cancelled_on is null
        and (orders.status <> 'pending' or {{ var('pending_is_booked') | lower }})

),

counts as (

    select
        'new_customers by ' || period_grain as counted,
        coalesce(sum(numerator), 0) as customers
    from {{ ref('kpi_values') }}
    where
        kpi = 'new_customers'
        and dimension = 'all'
    group by period_grain

    union all

    select
        'customers of cohorts' as counted,
        coalesce(sum(customers), 0) as customers
    from {{ ref('retention_cohorts') }}
    where age_months = 0 and dimension = 'all'

    union all

    select
        'average_revenue_to_date' as counted,
        coalesce(sum(sample_size), 0) as customers
    from {{ ref('kpi_values') }}
    where
        kpi = 'average_revenue_to_date'
        and period_grain = 'month'
        and dimension = 'all'

)

select
    counts.counted,
    counts.customers,
    customers.customers as with_a_booked_order
from counts
cross join customers
where
    counts.customers <> customers.customers
    and {{ history_is_whole() }}
