-- KPIs of followers, a part of int_kpi_discovery. Followers are unknown until the first number,
-- their change until there is a number to compare with.
{%- set dimensions = ['channel'] %}

with

follower_changes as (

    {{ kpi_from_facts(
        ref('int_follower_stocks'),
        kpis=[{'kpi': 'net_new_followers', 'numerator': 'followers_change'}],
        dimensions=dimensions,
    ) }}

),

follower_stocks as (

    {{ kpi_from_spans(
        ref('int_follower_stocks'),
        kpis=[{'kpi': 'followers', 'numerator': 'followers'}],
        dimensions=dimensions,
    ) }}

),

follower_rows as (

    select * from follower_changes

    union all

    select * from follower_stocks

),

first_stock as (

    select
        min(stocks.fact_date) as first_on,
        max(settings.as_of_date) as as_of_date
    from {{ ref('int_settings') }} as settings
    left join {{ ref('int_follower_stocks') }} as stocks on true

),

-- On the first day there are followers, but nothing to compare them with.
judged_followers as (

    select
        follower_rows.* exclude (is_unknown),
        coalesce(
            first_stock.first_on
            + case follower_rows.kpi when 'net_new_followers' then 1 else 0 end
            > least({{ add_days('periods.period_end', -1) }}, first_stock.as_of_date),
            true
        ) as is_unknown
    from follower_rows
    inner join {{ ref('int_periods') }} as periods
        on
            follower_rows.period_grain = periods.period_grain
            and follower_rows.period_start = periods.period_start
    cross join first_stock

)

select * from judged_followers
