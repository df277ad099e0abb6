-- Where no stay of a month goes on, Kaplan and Meier's median is the length that half of the stays
-- do not exceed, recounted here from lifecycle_history.
with

stays as (

    select
        'stage:' || framework as dimension,
        stage,
        valid_from as began_on,
        lead(valid_from) over (
            partition by framework, subject_id order by valid_from
        ) as ended_on
    from {{ ref('lifecycle_history') }}
    where movement <> 'health_only'

),

plain_medians as (

    select
        dimension,
        stage,
        {{ period_start('began_on', 'month') }} as month,
        count(*) as stays,
        quantile_disc({{ days_between('began_on', 'ended_on') }}, 0.5) as median_days
    from stays
    group by
        dimension,
        stage,
        {{ period_start('began_on', 'month') }}
    having count(*) = count(ended_on)

)

select
    kpi_values.kpi,
    kpi_values.dimension,
    kpi_values.dimension_value,
    kpi_values.period_start,
    kpi_values.numerator,
    plain_medians.median_days
from {{ ref('kpi_values') }} as kpi_values
inner join plain_medians
    on
        kpi_values.dimension = plain_medians.dimension
        and kpi_values.dimension_value = plain_medians.stage
        and kpi_values.period_start = plain_medians.month
where
    kpi_values.kpi = 'median_days_in_stage'
    and kpi_values.period_grain = 'month'
    and kpi_values.numerator is distinct from plain_medians.median_days
