-- The customers with the least rank shares bring the revenue of revenue_share_top_20, and all with
-- an order in the year its denominator; unless kpi_windows says another year.

{{ config(meta={'dagster': {'ref': {'name': 'customers'}}}) }}

with

ranked_customers as (

    select
        net_revenue_365d,
        row_number() over (order by net_revenue_rank_share) as place,
        count(*) over () as customers
    from {{ ref('customers') }}
    where net_revenue_rank_share is not null

),

revenue as (

    select
        coalesce(
            sum(
                case
                    when
                        100 * (ranked.place - 1) < windows.best_customers_percent * ranked.customers
                        then ranked.net_revenue_365d
                end
            ),
            0
        ) as top_revenue,
        coalesce(sum(ranked.net_revenue_365d), 0) as net_revenue
    from ranked_customers as ranked
    cross join {{ ref('int_kpi_windows') }} as windows
    having
        count(*) = count(ranked.net_revenue_365d)
        and max(windows.revenue_year_days) = 365

)

select
    kpi_values.period_start,
    kpi_values.numerator,
    kpi_values.denominator,
    revenue.top_revenue,
    revenue.net_revenue
from {{ ref('kpi_values') }} as kpi_values
cross join revenue
where
    kpi_values.kpi = 'revenue_share_top_20'
    and kpi_values.period_grain = 'month'
    and kpi_values.dimension = 'all'
    and kpi_values.period_start <= kpi_values.as_of_date
    and kpi_values.period_end > kpi_values.as_of_date
    and (
        kpi_values.numerator <> revenue.top_revenue
        or kpi_values.denominator <> revenue.net_revenue
    )
