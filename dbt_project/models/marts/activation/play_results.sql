-- Whether plays work, by the difference between those treated and those held out. Over 120 lines,
-- since each figure is told with its interval.

with

play_outcomes as (

    select
        play,
        month,
        arm,
        count(*) as persons,
        sum(case when has_goal then 1 else 0 end) as goals,
        sum(goal_value) as net_revenue,
        sum(cast(goal_value * goal_value as decimal(38, 8))) as squares,
        bool_or(goal_value is null) as is_missing_rate
    from (
        select
            *,
            substr(cast(due_from as string), 1, 7) as month
        from {{ ref('int_counted_entries') }}

        union all

        select
            *,
            'all' as month
        from {{ ref('int_counted_entries') }}
    ) as entries
    group by
        play,
        month,
        arm

    union all

    select
        play,
        month,
        arm,
        persons,
        goals,
        net_revenue,
        squares,
        is_missing_rate
    from {{ ref('int_programme_outcomes') }}

),

-- Of each figure one column for the treated and one for those held out.
compared_arms as (

    select
        play,
        {% for arm in ['treat', 'holdout'] -%}
        cast(sum(case when arm = '{{ arm }}' then persons else 0 end) as bigint)
            as {{ arm }}_persons,
        cast(sum(case when arm = '{{ arm }}' then goals else 0 end) as bigint)
            as {{ arm }}_goals,
        case
            when not coalesce(bool_or(arm = '{{ arm }}' and is_missing_rate), false)
                then cast(
                    sum(case when arm = '{{ arm }}' then net_revenue else 0 end) as decimal(38, 4)
                )
        end as {{ arm }}_net_revenue,
        sum(case when arm = '{{ arm }}' then squares else 0 end) as {{ arm }}_squares,
        {% endfor -%}
        month
    from play_outcomes
    group by
        play,
        month

),

rated_arms as (

    select
        *,
        {% for arm in ['treat', 'holdout'] -%}
        cast({{ arm }}_goals as double) / nullif({{ arm }}_persons, 0) as {{ arm }}_rate,
        case
            when {{ arm }}_persons > 0
                then {{ wilson_bound(arm ~ '_goals', arm ~ '_persons', '-') }}
        end as {{ arm }}_low,
        case
            when {{ arm }}_persons > 0
                then {{ wilson_bound(arm ~ '_goals', arm ~ '_persons', '+') }}
        end as {{ arm }}_high,
        cast({{ arm }}_net_revenue as double) / nullif({{ arm }}_persons, 0) as {{ arm }}_mean,
        (
            cast({{ arm }}_squares as double)
            - cast({{ arm }}_net_revenue as double) * {{ arm }}_net_revenue
            / nullif({{ arm }}_persons, 0)
        ) as {{ arm }}_deviation,
        -- Half a goal and a person more on either side, so that no rate is certain.
        ({{ arm }}_goals + 0.5) / ({{ arm }}_persons + cast(1 as double))
        * (1 - ({{ arm }}_goals + 0.5) / ({{ arm }}_persons + cast(1 as double)))
        / nullif({{ arm }}_persons, 0) as {{ arm }}_variance,
        {% endfor -%}
        treat_persons >= 30 and holdout_persons >= 30 as is_large
    from compared_arms

),

measured_plays as (

    select
        *,
        treat_rate - holdout_rate as lift,
        treat_variance + holdout_variance as anytime_variance,
        treat_persons * (treat_mean - holdout_mean) as incremental,
        {{ normal_point() }} * treat_persons * sqrt(
            greatest(treat_deviation + holdout_deviation, 0)
            / nullif(treat_persons + holdout_persons - 2, 0)
            * (
                cast(1 as double) / nullif(treat_persons, 0)
                + cast(1 as double) / nullif(holdout_persons, 0)
            )
        ) as incremental_margin,
        cast(treat_goals + holdout_goals + 1 as double)
        / (treat_persons + holdout_persons + 2) as pooled_rate
    from rated_arms

),

-- A lift is conclusive where it is no chance at 1 %, however often one looks: beyond the boundary
-- of a mixture of normals that expects lifts of 0.05.
play_results as (

    select
        play,
        month,
        treat_persons,
        treat_goals,
        treat_rate,
        treat_net_revenue,
        holdout_persons,
        holdout_goals,
        holdout_rate,
        holdout_net_revenue,
        lift,
        lift - sqrt(power(treat_rate - treat_low, 2) + power(holdout_high - holdout_rate, 2))
            as lift_low,
        lift + sqrt(power(treat_high - treat_rate, 2) + power(holdout_rate - holdout_low, 2))
            as lift_high,
        2.4865 * sqrt(
            pooled_rate * (1 - pooled_rate) * (
                cast(1 as double) / nullif(treat_persons, 0)
                + cast(1 as double) / nullif(holdout_persons, 0)
            )
        ) as min_detectable_lift,
        case when is_large then cast(round(incremental, 4) as decimal(38, 4)) end
            as incremental_revenue,
        case
            when is_large then cast(round(incremental - incremental_margin, 4) as decimal(38, 4))
        end as incremental_revenue_low,
        case
            when is_large then cast(round(incremental + incremental_margin, 4) as decimal(38, 4))
        end as incremental_revenue_high,
        case
            when month = 'all' and is_large
                then abs(lift) > sqrt(
                    anytime_variance * (anytime_variance + 0.05 * 0.05) / (0.05 * 0.05)
                    * ln((anytime_variance + 0.05 * 0.05) / (0.01 * anytime_variance))
                )
        end as is_conclusive
    from measured_plays

)

select * from play_results
