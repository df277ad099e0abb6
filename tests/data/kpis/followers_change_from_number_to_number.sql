-- Net new followers of all days are the last number of each channel less its first; longer periods
-- say nothing while there is no number from before them.
with

counted as (

    select
        period_grain,
        sum(numerator) as change
    from {{ ref('kpi_values') }}
    where
        kpi = 'net_new_followers'
        and dimension = 'all'
        and period_grain = 'day'
        and status <> 'no_input'
    group by period_grain

),

channels as (

    select max_by(followers, fact_date) - min_by(followers, fact_date) as change
    from {{ ref('int_follower_stocks') }}
    group by reported_channel

),

expected as (

    select sum(change) as change
    from channels

)

select
    counted.period_grain,
    counted.change,
    expected.change as expected_change
from counted
cross join expected
where
    counted.change <> expected.change
    and {{ history_is_whole() }}
