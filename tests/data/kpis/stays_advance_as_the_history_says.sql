-- Told again from lifecycle_history by month: a stay has advanced when a higher stage begins within
-- 90 days, and there is no other stay to count than one that begins there.
with

stays as (

    select
        history.framework,
        history.subject_id,
        history.stage,
        history.valid_from as began_on,
        stages.ordinal
    from {{ ref('lifecycle_history') }} as history
    inner join {{ ref('framework_stages') }} as stages
        on
            history.framework = stages.framework
            and history.stage = stages.stage
    where history.movement <> 'health_only'

),

judged_stays as (

    select
        'stage:' || stays.framework as dimension,
        stays.stage as dimension_value,
        {{ period_start('stays.began_on', 'month') }} as period_start,
        bool_or(later_stays.began_on is not null) as has_advanced
    from stays
    left join stays as later_stays
        on
            stays.framework = later_stays.framework
            and stays.subject_id = later_stays.subject_id
            and stays.ordinal < later_stays.ordinal
            and {{ days_between('stays.began_on', 'later_stays.began_on') }} between 1 and 90
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

)

select
    kpi_values.dimension,
    kpi_values.dimension_value,
    kpi_values.period_start,
    kpi_values.numerator,
    kpi_values.denominator,
    counted_stays.advanced_stays,
    counted_stays.stays
from {{ ref('kpi_values') }} as kpi_values
left join counted_stays
    on
        kpi_values.dimension = counted_stays.dimension
        and kpi_values.dimension_value = counted_stays.dimension_value
        and kpi_values.period_start = counted_stays.period_start
where
    kpi_values.kpi = 'stage_conversion_rate_90d'
    and kpi_values.period_grain = 'month'
    and (
        kpi_values.numerator is distinct from counted_stays.advanced_stays
        or kpi_values.denominator is distinct from counted_stays.stays
    )
