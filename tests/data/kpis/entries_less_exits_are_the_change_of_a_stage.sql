-- Law: from one period to the next the population of a stage changes by entries less exits, and
-- before the first one it is empty.
with

stage_flows as (

    select
        period_grain,
        period_start,
        dimension,
        dimension_value,
        sum(case when kpi = 'stage_population' then numerator else 0 end) as population,
        sum(case when kpi = 'stage_entries' then numerator else 0 end) as entries,
        sum(case when kpi = 'stage_exits' then numerator else 0 end) as exits
    from {{ ref('kpi_values') }}
    where kpi in ('stage_population', 'stage_entries', 'stage_exits')
    group by
        period_grain,
        period_start,
        dimension,
        dimension_value

),

-- A period without a row is one in which the stage was and stayed empty.
changes as (

    select
        *,
        lag(population, 1, 0) over (
            partition by period_grain, dimension, dimension_value
            order by period_start
        ) as population_before
    from stage_flows

)

select *
from changes
where
    population <> population_before + entries - exits
    and not {{ follows_unwritten_period('changes') }}
