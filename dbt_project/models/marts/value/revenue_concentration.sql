-- How much of a year's net revenue the best customers bring: by each percentile of them, and in one
-- number, the Gini coefficient of all. What one brought is never below 0; the best one comes first,
-- ties by id.

with

yearly_revenues as (

    select
        days.person_key,
        persons.person_id,
        sum(days.net_revenue) as net_revenue,
        bool_or(days.is_missing_rate) as is_missing_rate
    from {{ ref('int_net_revenue_days') }} as days
    cross join {{ ref('int_settings') }} as settings
    cross join {{ ref('int_kpi_windows') }} as windows
    inner join {{ ref('int_persons') }} as persons on days.person_key = persons.person_key
    where {{ add_days('days.date', 'windows.revenue_year_days') }} > settings.as_of_date
    group by
        days.person_key,
        persons.person_id
    having sum(days.orders) > 0

),

floored_revenues as (

    select
        person_key,
        person_id,
        cast(greatest(net_revenue, 0) as decimal(28, 4)) as net_revenue,
        is_missing_rate
    from yearly_revenues

),

ranked_revenues as (

    select
        *,
        row_number() over (order by net_revenue desc, person_id asc) as place
    from floored_revenues

),

totals as (

    select
        count(*) as customers,
        cast(sum(net_revenue) as decimal(38, 4)) as net_revenue,
        cast(sum(place * net_revenue) as decimal(38, 4)) as ranked_revenue,
        bool_or(is_missing_rate) as is_missing_rate
    from ranked_revenues
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
    from ranked_revenues

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
