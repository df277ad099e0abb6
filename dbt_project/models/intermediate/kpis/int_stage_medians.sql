-- How many days half of the stays begun in a period lasted, by Kaplan and Meier (1958): the share
-- that survives a day is the product, over all days until then on which stays ended, of the share
-- of those still observed that did not end. A stay that goes on is observed up to the as-of date.

with

settings as (

    select as_of_date from {{ ref('int_settings') }}

),

observed_stays as (

    select
        stays.framework,
        stays.stage,
        stays.began_on,
        {{ days_between(
            'stays.began_on', 'coalesce(stays.ended_on, settings.as_of_date)'
        ) }} as days,
        case when stays.ended_on is null then 0 else 1 end as ends
    from {{ ref('int_stage_stays') }} as stays
    cross join settings

),

days_of_stays as (

    {% for grain in period_grains() -%}
    select
        framework,
        stage,
        '{{ grain }}' as period_grain,
        {{ period_start('began_on', grain) }} as period_start,
        days,
        count(*) as stays,
        sum(ends) as ends
    from observed_stays
    group by
        framework,
        stage,
        {{ period_start('began_on', grain) }},
        days
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

days_at_risk as (

    select
        *,
        sum(stays) over (
            partition by framework, stage, period_grain, period_start
            order by days desc
            rows between unbounded preceding and current row
        ) as stays_at_risk
    from days_of_stays

),

surviving_shares as (

    select
        *,
        {{ product('(stays_at_risk - ends) / stays_at_risk') }} over (
            partition by framework, stage, period_grain, period_start
            order by days
            rows between unbounded preceding and current row
        ) as surviving_share
    from days_at_risk

),

-- A product of floats: half is told with room for the last digits.
medians as (

    select
        framework,
        stage,
        period_grain,
        period_start,
        cast(sum(stays) as bigint) as stays,
        min(case when surviving_share <= 0.5 + 1e-9 then days end) as median_days
    from surviving_shares
    group by
        framework,
        stage,
        period_grain,
        period_start

)

select * from medians
