-- What the best customers began with: which of the things known at the first order are more common
-- among them than among all.

{% set figures = ['returned', 'net_revenue'] %}

with

profiles as (

    select
        *,
        {{ exact_ratio('returned', 'customers', 0) }} as second_order_rate,
        {{ exact_ratio('other_returned', 'other_customers', 0) }} as second_order_rate_others,
        {{ exact_ratio('net_revenue', 'cast(customers as decimal(38, 4))') }}
            as average_net_revenue,
        {{ exact_ratio('other_net_revenue', 'cast(other_customers as decimal(38, 4))') }}
            as average_net_revenue_others,
        returned as squared_returned,
        other_returned as other_squared_returned,
        squared_revenue as squared_net_revenue,
        other_squared_revenue as other_squared_net_revenue
    from {{ ref('int_customer_profiles') }}

),

-- The variance of a mean, from the exact sums of its sample; null below two.
mean_variances as (

    select
        {% for figure in figures -%}
        {% for side in ['', 'other_'] -%}
        (
            cast({{ side }}squared_{{ figure }} as double)
            - cast({{ side }}{{ figure }} as double) * {{ side }}{{ figure }} / {{ side }}customers
        ) / nullif({{ side }}customers - 1, 0) / nullif({{ side }}customers, 0)
            as {{ side }}{{ figure }}_variance,
        {% endfor -%}
        {% endfor -%}
        *
    from profiles

),

-- The degrees of freedom of Welch and Satterthwaite.
freedoms as (

    select
        {% for figure in figures -%}
        {{ figure }}_variance + other_{{ figure }}_variance as {{ figure }}_variances,
        power({{ figure }}_variance + other_{{ figure }}_variance, 2) / (
            power({{ figure }}_variance, 2) / (customers - 1)
            + power(other_{{ figure }}_variance, 2) / (other_customers - 1)
        ) as {{ figure }}_freedom,
        {% endfor -%}
        *
    from mean_variances

),

-- Half of Welch's interval of 90 % of the difference of two means; 0 where nothing varies. The 95 %
-- point of Student's distribution is the expansion of Cornish and Fisher, whose coefficients are
-- polynomials of the normal point: within 1e-6 from 13 degrees of freedom on, 1e-3 from 3 on.
margins as (

    select
        {% for figure in figures -%}
        case
            when {{ figure }}_variances <= 0 then 0
            else sqrt({{ figure }}_variances) * (
                {{ normal_point() }}
                + 1.5237691475737816 / {{ figure }}_freedom
                + 1.4202029826359421 / power({{ figure }}_freedom, 2)
                + 0.9830015120343027 / power({{ figure }}_freedom, 3)
                + 0.4338764545048993 / power({{ figure }}_freedom, 4)
            )
        end as {{ figure }}_margin,
        {% endfor -%}
        *
    from freedoms

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
        cast(
            average_net_revenue - average_net_revenue_others - net_revenue_margin
            as decimal(38, 10)
        ) as net_revenue_difference_low,
        cast(
            average_net_revenue - average_net_revenue_others + net_revenue_margin
            as decimal(38, 10)
        ) as net_revenue_difference_high
    from margins

)

select * from ideal_customer_profile
