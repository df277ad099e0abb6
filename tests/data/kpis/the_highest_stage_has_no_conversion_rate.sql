-- From the highest stage nobody advances: a rate of 0 would be a reproach.
with

highest_stages as (

    select
        'stage:' || framework as dimension,
        max_by(stage, ordinal) as stage
    from {{ ref('framework_stages') }}
    group by framework

)

select
    kpi_values.kpi,
    kpi_values.dimension,
    kpi_values.dimension_value,
    kpi_values.period_start
from {{ ref('kpi_values') }} as kpi_values
inner join highest_stages
    on
        kpi_values.dimension = highest_stages.dimension
        and kpi_values.dimension_value = highest_stages.stage
where kpi_values.kpi = 'stage_conversion_rate_90d'
