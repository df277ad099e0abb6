-- Customers by what they began with, beside all others of the shop that are as old: how many, how
-- many of them are among the best, what they brought, and the sums that intervals are made of.

with

customers as (

    select
        person_key,
        horizon_days,
        cast(is_best as integer) as best,
        cast(has_second_order as integer) as returned,
        net_revenue,
        cast(net_revenue as decimal(19, 4)) * cast(net_revenue as decimal(19, 4))
            as squared_revenue
    from {{ ref('int_customer_horizons') }}

),

shops as (

    select
        horizon_days,
        count(*) as customers,
        sum(best) as best,
        sum(returned) as returned,
        sum(net_revenue) as net_revenue,
        sum(squared_revenue) as squared_revenue
    from customers
    group by horizon_days

),

profiles as (

    select
        customer_groups.dimension as attribute,
        customer_groups.dimension_value as attribute_value,
        count(*) as customers,
        sum(customers.best) as best,
        sum(customers.returned) as returned,
        sum(customers.net_revenue) as net_revenue,
        sum(customers.squared_revenue) as squared_revenue
    from customers
    inner join {{ ref('int_customer_groups') }} as customer_groups
        on customers.person_key = customer_groups.person_key
    where customer_groups.dimension <> 'all' and customer_groups.dimension_value <> 'unknown'
    group by
        customer_groups.dimension,
        customer_groups.dimension_value

),

compared_profiles as (

    select
        profiles.attribute,
        profiles.attribute_value,
        shops.horizon_days,
        shops.customers as all_customers,
        cast(shops.best as bigint) as all_best,
        profiles.customers,
        cast(profiles.best as bigint) as best,
        cast(profiles.returned as bigint) as returned,
        cast(profiles.net_revenue as decimal(38, 4)) as net_revenue,
        profiles.squared_revenue,
        shops.customers - profiles.customers as other_customers,
        cast(shops.returned - profiles.returned as bigint) as other_returned,
        cast(shops.net_revenue - profiles.net_revenue as decimal(38, 4)) as other_net_revenue,
        shops.squared_revenue - profiles.squared_revenue as other_squared_revenue
    from profiles
    cross join shops
    cross join {{ ref('int_kpi_windows') }} as windows
    where profiles.customers >= windows.fewest_profile_customers

)

select * from compared_profiles
