-- How often the customers of each frequency did order in the days held out, and how often each
-- model foresaw it from the days before. A fit that did not converge scores nobody and foresees
-- nothing.

with

customers as (

    select
        histories.purpose,
        fits.model,
        least(histories.frequency, 7) as frequency_from,
        histories.frequency,
        histories.recency_days,
        histories.age_days,
        histories.later_order_days
    from {{ ref('int_value_histories') }} as histories
    inner join {{ ref('int_value_fits') }} as fits on histories.purpose = fits.purpose
    where
        histories.purpose <> 'all'
        and fits.model <> 'gamma_gamma'

),

-- Summed as decimals, so that the order of the rows does not matter.
holdouts as (

    select
        customers.purpose,
        customers.model,
        customers.frequency_from,
        count(*) as customers,
        case
            when count(coalesce(scores.expected_orders_90d, scores.expected_orders_365d)) = count(*)
                then
                    sum(
                        cast(
                            coalesce(scores.expected_orders_90d, scores.expected_orders_365d)
                            as decimal(38, 12)
                        )
                    )
        end as expected_orders,
        sum(customers.later_order_days) as actual_orders
    from customers
    left join {{ ref('int_value_models') }} as scores
        on
            customers.purpose = scores.purpose
            and customers.model = scores.model
            and customers.frequency = scores.frequency
            and customers.recency_days = scores.recency_days
            and customers.age_days = scores.age_days
    group by
        customers.purpose,
        customers.model,
        customers.frequency_from

)

select * from holdouts
