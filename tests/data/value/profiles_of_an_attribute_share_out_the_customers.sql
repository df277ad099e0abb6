-- Law: a profile and the others are all matured customers, the same number in every row, and the
-- values of one attribute share them and the best of them out.

{{ config(meta={'dagster': {'ref': {'name': 'ideal_customer_profile'}}}) }}

with

shops as (

    select
        min(customers + other_customers) as customers,
        max(customers + other_customers) as most_customers,
        min(horizon_days) as horizon_days,
        max(horizon_days) as longest_horizon_days
    from {{ ref('ideal_customer_profile') }}

),

attributes as (

    select
        attribute,
        sum(customers) as customers,
        sum(top_customers) as top_customers,
        max(top_share_all) as top_share_all
    from {{ ref('ideal_customer_profile') }}
    group by attribute

)

select attributes.attribute
from attributes
cross join shops
where
    attributes.customers > shops.customers
    or attributes.top_customers > attributes.top_share_all * shops.customers + 0.000001
    or shops.customers <> shops.most_customers
    or shops.horizon_days <> shops.longest_horizon_days
