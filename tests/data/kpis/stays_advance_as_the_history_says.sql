-- Told again from lifecycle_history by month: a stay has advanced when a higher stage begins within
-- 90 days, and there is no other stay to count than one that begins there. Both bounds are plain
-- comparisons: by a difference of days the engine would try every pair of stays.
with

stays as (

    select
        history.framework,
        history.subject_id,
        history.stage,
        history.valid_from as began_on,
        {{ add_days('history.valid_from', 90) }} as last_on,
        stages.ordinal
    from {{ ref('lifecycle_history') }} as history
    inner join {{ ref('framework_stages') }} as stages
        on
            history.framework = stages.framework
            and history.stage = stages.stage
    where history.movement <> 'health_only'

),

-- Nothing is higher than these, so they have no such rate.
highest_stages as (

    select
        framework,
        max(ordinal) as ordinal
    from {{ ref('framework_stages') }}
    group by framework

),

judged_stays as (

    select
        'stage:' || stays.framework as dimension,
        stays.stage as dimension_value,
        {{ period_start('stays.began_on', 'month') }} as period_start,
        bool_or(later_stays.began_on is not null) as has_advanced
    from stays
    inner join highest_stages
        on
            stays.framework = highest_stages.framework
            and stays.ordinal < highest_stages.ordinal
    left join stays as later_stays
        on
            stays.framework = later_stays.framework
            and stays.subject_id = later_stays.subject_id
            and stays.ordinal < later_stays.ordinal
            and stays.began_on < later_stays.began_on
            and stays.last_on >= later_stays.began_on
    group by
        stays.framework,
        stays.subject_id,
        stays.stage,
        stays.began_on

),

counted_stays as (

    select
        dimension,
        dimension_value,
        period_start,
        count(*) as stays,
        count(*) filter (where has_advanced) as advanced_stays
    from judged_stays
    group by
        dimension,
        dimension_value,
        period_start

),

told_rates as (

    select
        dimension,
        dimension_value,
        period_start,
        numerator,
        denominator
    from {{ ref('kpi_values') }}
    where
        kpi = 'stage_conversion_rate_90d'
        and period_grain = 'month'

)

select
    coalesce(told_rates.dimension, counted_stays.dimension) as dimension,
    coalesce(told_rates.dimension_value, counted_stays.dimension_value) as dimension_value,
    coalesce(told_rates.period_start, counted_stays.period_start) as period_start,
    told_rates.numerator,
    told_rates.denominator,
    counted_stays.advanced_stays,
    counted_stays.stays
from told_rates
full join counted_stays
    on
        told_rates.dimension = counted_stays.dimension
        and told_rates.dimension_value = counted_stays.dimension_value
        and told_rates.period_start = counted_stays.period_start
where
    (
        told_rates.numerator is distinct from counted_stays.advanced_stays
        or told_rates.denominator is distinct from counted_stays.stays
    )
    and exists (
        select 1
        from {{ ref('int_periods') }} as periods
        where
            periods.is_written
            and periods.period_grain = 'month'
            and periods.period_start
            = coalesce(told_rates.period_start, counted_stays.period_start)
    )
