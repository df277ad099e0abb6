-- How much of a year's net revenue the best customers bring: by each percentile of them, and in one
-- number, the Gini coefficient of all.

with

revenues as (

    select * from {{ ref('int_customer_year_revenues') }}

),

totals as (

    select
        count(*) as customers,
        cast(sum(net_revenue) as decimal(38, 4)) as net_revenue,
        cast(sum(place * net_revenue) as decimal(38, 4)) as ranked_revenue,
        bool_or(is_missing_rate) as is_missing_rate
    from revenues
    having count(*) > 0

),

percentiles as (

    select {{ repeat_row('100') }} + 1 as percentile

),

-- The best p percent of n customers are ⌈p × n / 100⌉ of them.
percentile_customers as (

    select
        percentiles.percentile,
        totals.*,
        cast(floor((percentiles.percentile * totals.customers + 99) / 100) as bigint)
            as top_customers
    from percentiles
    cross join totals

),

cumulated_revenues as (

    select
        place,
        sum(net_revenue) over (order by place) as net_revenue
    from revenues

),

revenue_concentration as (

    select
        percentiles.percentile,
        percentiles.top_customers as customers,
        cast(
            case when not percentiles.is_missing_rate then cumulated_revenues.net_revenue end
            as decimal(38, 4)
        ) as net_revenue,
        case
            when not percentiles.is_missing_rate
                then {{ exact_ratio('cumulated_revenues.net_revenue', 'percentiles.net_revenue') }}
        end as cumulated_share,
        -- Ranks run from the best: the usual formula, which counts from the worst, turned round.
        case
            when not percentiles.is_missing_rate
                then {{ exact_ratio(
                    '(percentiles.customers + 1) * percentiles.net_revenue '
                    '- 2 * percentiles.ranked_revenue',
                    'percentiles.customers * percentiles.net_revenue',
                ) }}
        end as gini,
        case
            when percentiles.is_missing_rate then 'missing_rate'
            when percentiles.net_revenue = 0 then 'no_base'
            else 'ok'
        end as status
    from percentile_customers as percentiles
    inner join cumulated_revenues on percentiles.top_customers = cumulated_revenues.place

)

select * from revenue_concentration
