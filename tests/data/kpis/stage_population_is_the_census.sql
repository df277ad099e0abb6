-- Law: the census from kpi_values is the census from lifecycle_history, at the end of each
-- period, and at the as-of date in one that is not over.
with

census as (

    select
        'stage:' || framework as dimension,
        stage as dimension_value,
        date,
        sum(subjects) as subjects
    from {{ ref('stage_daily') }}
    group by
        framework,
        stage,
        date

),

populations as (

    select
        period_grain,
        period_start,
        dimension,
        dimension_value,
        least({{ add_days('period_end', -1) }}, as_of_date) as date,
        numerator
    from {{ ref('kpi_values') }}
    where kpi = 'stage_population'

),

last_days as (

    select
        periods.period_grain,
        least({{ add_days('periods.period_end', -1) }}, settings.as_of_date) as date
    from {{ ref('int_periods') }} as periods
    cross join {{ ref('int_settings') }} as settings
    where periods.is_written

),

due_populations as (

    select
        last_days.period_grain,
        census.date,
        census.dimension,
        census.dimension_value,
        census.subjects
    from last_days
    inner join census on last_days.date = census.date
    where census.subjects > 0

)

select
    coalesce(populations.period_grain, due_populations.period_grain) as period_grain,
    coalesce(populations.date, due_populations.date) as date,
    coalesce(populations.dimension, due_populations.dimension) as dimension,
    coalesce(populations.dimension_value, due_populations.dimension_value) as dimension_value,
    populations.numerator,
    due_populations.subjects
from populations
full join due_populations
    on
        populations.period_grain = due_populations.period_grain
        and populations.date = due_populations.date
        and populations.dimension = due_populations.dimension
        and populations.dimension_value = due_populations.dimension_value
where populations.numerator is distinct from due_populations.subjects
