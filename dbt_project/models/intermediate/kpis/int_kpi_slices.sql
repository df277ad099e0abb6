-- The catalogue unfolded: which rows kpi_values may have, and what their status depends on.
-- Accounts are written by month only; `stage` stands for one dimension per framework.

with

catalogue as (

    select * from {{ ref('kpis') }}

),

grains as (

    select
        kpi,
        {{ unnest_parts('grains', '|') }} as period_grain
    from catalogue

),

dimensions as (

    select
        kpi,
        {{ unnest_parts('dimensions', '|') }} as dimension
    from catalogue

),

slices as (

    select
        catalogue.kpi,
        grains.period_grain,
        case
            when dimensions.dimension = 'stage' then 'stage:' || frameworks.framework
            else dimensions.dimension
        end as dimension,
        catalogue.model,
        catalogue.denominator is not null as is_ratio,
        coalesce(catalogue.maturity_days, 0) as maturity_days
    from catalogue
    inner join grains on catalogue.kpi = grains.kpi
    inner join dimensions on catalogue.kpi = dimensions.kpi
    left join {{ ref('int_built_frameworks') }} as frameworks
        on dimensions.dimension = 'stage'
    where
        dimensions.dimension <> 'account'
        or grains.period_grain = 'month'

)

select * from slices
