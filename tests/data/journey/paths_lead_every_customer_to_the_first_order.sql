-- Law: the customers of all paths are those with a first order, each once, and so is the revenue.

{{ config(meta={'dagster': {'ref': {'name': 'journey_paths'}}}) }}

with

paths as (

    select
        coalesce(sum(customers), 0) as customers,
        sum(revenue) as revenue,
        coalesce(bool_or(revenue is null), false) as is_untold
    from {{ ref('journey_paths') }}

),

first_orders as (

    select
        count(*) as customers,
        sum(orders.order_value) as revenue
    from {{ ref('int_first_orders') }} as first_orders
    inner join {{ ref('int_booked_orders') }} as orders
        on first_orders.order_id = orders.order_id

)

select paths.customers
from paths
cross join first_orders
where
    paths.customers <> first_orders.customers
    or (not paths.is_untold and paths.revenue is distinct from first_orders.revenue)
