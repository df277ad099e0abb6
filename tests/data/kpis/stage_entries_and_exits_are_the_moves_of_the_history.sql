-- Law: a subject enters a stage with each row of lifecycle_history that is more than a change of
-- health, and thereby leaves the stage before; every entry begins a stay.
with

moves as (

    select
        'stage:' || framework as dimension,
        valid_from as period_start,
        stage,
        previous_stage
    from {{ ref('lifecycle_history') }}
    where movement <> 'health_only'

),

counted_moves as (

    select
        'stage_entries' as kpi,
        dimension,
        stage as dimension_value,
        period_start,
        count(*) as moves
    from moves
    group by
        dimension,
        stage,
        period_start

    union all

    select
        'stage_exits' as kpi,
        dimension,
        previous_stage as dimension_value,
        period_start,
        count(*) as moves
    from moves
    where previous_stage is not null
    group by
        dimension,
        previous_stage,
        period_start

),

due_rows as (

    select * from counted_moves

    union all

    select
        'median_days_in_stage' as kpi,
        dimension,
        dimension_value,
        period_start,
        moves
    from counted_moves
    where kpi = 'stage_entries'

),

told_rows as (

    select
        kpi,
        dimension,
        dimension_value,
        period_start,
        sample_size as moves
    from {{ ref('kpi_values') }}
    where
        kpi in ('stage_entries', 'stage_exits', 'median_days_in_stage')
        and period_grain = 'day'

)

select
    coalesce(due_rows.kpi, told_rows.kpi) as kpi,
    coalesce(due_rows.dimension, told_rows.dimension) as dimension,
    coalesce(due_rows.dimension_value, told_rows.dimension_value) as dimension_value,
    coalesce(due_rows.period_start, told_rows.period_start) as period_start,
    due_rows.moves,
    told_rows.moves as told_moves
from due_rows
full join told_rows
    on
        due_rows.kpi = told_rows.kpi
        and due_rows.dimension = told_rows.dimension
        and due_rows.dimension_value = told_rows.dimension_value
        and due_rows.period_start = told_rows.period_start
where
    due_rows.moves is distinct from told_rows.moves
    and exists (
        select 1
        from {{ ref('int_periods') }} as periods
        where
            periods.period_grain = 'day'
            and periods.is_written
            and periods.period_start = coalesce(due_rows.period_start, told_rows.period_start)
    )
