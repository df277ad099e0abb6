-- What the best customers began with: which of the things known at the first order are more common
-- among them than among all.

with

profiles as (

    select
        *,
        {{ sample_variance('customers', 'returned', 'returned') }} / customers as returned_variance,
        {{ sample_variance('other_customers', 'other_returned', 'other_returned') }}
        / nullif(other_customers, 0) as other_returned_variance,
        {{ sample_variance('customers', 'net_revenue', 'squared_revenue') }} / customers
            as revenue_variance,
        {{ sample_variance('other_customers', 'other_net_revenue', 'other_squared_revenue') }}
        / nullif(other_customers, 0) as other_revenue_variance,
        {{ exact_ratio('returned', 'customers', 0) }} as second_order_rate,
        {{ exact_ratio('other_returned', 'other_customers', 0) }} as second_order_rate_others,
        {{ exact_ratio('net_revenue', 'cast(customers as decimal(38, 4))') }}
            as average_net_revenue,
        {{ exact_ratio('other_net_revenue', 'cast(other_customers as decimal(38, 4))') }}
            as average_net_revenue_others
    from {{ ref('int_customer_profiles') }}

),

margins as (

    select
        *,
        {{ welch_margin(
            'returned_variance', 'customers', 'other_returned_variance', 'other_customers'
        ) }} as returned_margin,
        {{ welch_margin(
            'revenue_variance', 'customers', 'other_revenue_variance', 'other_customers'
        ) }} as revenue_margin
    from profiles

),

ideal_customer_profile as (

    select
        attribute,
        attribute_value,
        horizon_days,
        customers,
        best as top_customers,
        {{ exact_ratio('best', 'customers', 0) }} as top_share,
        cast({{ wilson_bound('best', 'customers', '-') }} as decimal(38, 10)) as top_share_low,
        cast({{ wilson_bound('best', 'customers', '+') }} as decimal(38, 10)) as top_share_high,
        {{ exact_ratio('all_best', 'all_customers', 0) }} as top_share_all,
        {{ exact_ratio('best * all_customers', 'customers * all_best', 0) }} as lift,
        other_customers,
        second_order_rate,
        second_order_rate_others,
        second_order_rate - second_order_rate_others as second_order_difference,
        cast(second_order_rate - second_order_rate_others - returned_margin as decimal(38, 10))
            as second_order_difference_low,
        cast(second_order_rate - second_order_rate_others + returned_margin as decimal(38, 10))
            as second_order_difference_high,
        average_net_revenue,
        average_net_revenue_others,
        average_net_revenue - average_net_revenue_others as net_revenue_difference,
        cast(average_net_revenue - average_net_revenue_others - revenue_margin as decimal(38, 10))
            as net_revenue_difference_low,
        cast(average_net_revenue - average_net_revenue_others + revenue_margin as decimal(38, 10))
            as net_revenue_difference_high
    from margins

)

select * from ideal_customer_profile
