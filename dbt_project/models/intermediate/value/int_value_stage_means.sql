-- What those who stood in a stage and health at a month's end brought in the 365 days after it,
-- over all month ends of which that is known, from half a year after the first order on. Few say
-- little: a stage leans on the mean of its health, and a health of few persons says nothing.
-- Over 120 lines, since who stood where and what it led to are one calculation.

with

settings as (

    select as_of_date from {{ ref('int_settings') }}

),

order_days as (

    select * from {{ ref('int_value_order_days') }}

),

first_day as (

    select min(order_date) as first_order_on from order_days

),

month_ends as (

    select {{ add_days('periods.period_end', -1) }} as month_end
    from {{ ref('int_periods') }} as periods
    cross join settings
    cross join first_day
    cross join {{ ref('int_value_limits') }} as limits
    where
        periods.period_grain = 'month'
        and {{ add_days('periods.period_end', -1) }}
        between {{ add_days('first_day.first_order_on', 'limits.first_stage_days') }}
        and {{ add_days('settings.as_of_date', -365) }}

),

later_values as (

    select
        month_ends.month_end,
        order_days.person_key,
        sum(order_days.net_value) as net_value
    from month_ends
    inner join order_days
        on
            month_ends.month_end < order_days.order_date
            and {{ add_days('month_ends.month_end', 365) }} >= order_days.order_date
    group by
        month_ends.month_end,
        order_days.person_key

),

standings as (

    select
        states.subject_key as person_key,
        states.stage,
        states.health,
        coalesce(later_values.net_value, 0) as net_value
    from month_ends
    inner join {{ ref('int_person_states') }} as states
        on
            month_ends.month_end >= states.valid_from
            and month_ends.month_end < states.valid_to
    left join later_values
        on
            month_ends.month_end = later_values.month_end
            and states.subject_key = later_values.person_key

),

health_means as (

    select
        standings.health,
        cast(sum(standings.net_value) as double) / count(*) as mean_value
    from standings
    cross join {{ ref('int_value_limits') }} as limits
    group by
        standings.health,
        limits.fewest_stage_persons
    having count(distinct standings.person_key) >= limits.fewest_stage_persons

),

stage_sums as (

    select
        stage,
        health,
        count(*) as standings,
        cast(sum(net_value) as double) as net_value
    from standings
    group by
        stage,
        health

),

stages as (

    select stages.stage
    from {{ ref('framework_stages') }} as stages
    inner join {{ ref('frameworks') }} as frameworks
        on stages.framework = frameworks.framework
    where frameworks.is_default

),

stage_means as (

    select
        stages.stage,
        health_means.health,
        coalesce(stage_sums.standings, 0) as standings,
        (coalesce(stage_sums.net_value, 0) + limits.stage_prior_weight * health_means.mean_value)
        / (coalesce(stage_sums.standings, 0) + limits.stage_prior_weight) as mean_value
    from stages
    cross join health_means
    cross join {{ ref('int_value_limits') }} as limits
    left join stage_sums
        on
            stages.stage = stage_sums.stage
            and health_means.health = stage_sums.health

)

select * from stage_means
