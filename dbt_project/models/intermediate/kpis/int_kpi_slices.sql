-- The catalogue unfolded: which rows kpi_values may have, how they are rolled up, and what their
-- status depends on. The first word of a numerator says how the rows of a period become one number,
-- if they are not summed. Accounts are written by month only; `stage` stands for one dimension per
-- framework. What nothing can predict yet (predicted_clv) has no row.

with

catalogue as (

    select
        *,
        cast(row_number() over (order by kpi) as smallint) as kpi_no
    from {{ ref('kpis') }}

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
        catalogue.kpi_no,
        grains.period_grain,
        case
            when dimensions.dimension = 'stage' then 'stage:' || frameworks.framework
            else dimensions.dimension
        end as dimension,
        catalogue.model,
        catalogue.denominator is not null as is_ratio,
        case split_part(catalogue.numerator, ' ', 1)
            when 'median' then 'median'
            when 'largest' then 'largest'
            when 'mean' then 'mean'
            else 'sum'
        end as aggregate,
        coalesce(catalogue.maturity_days, 0) as maturity_days
    from catalogue
    inner join grains on catalogue.kpi = grains.kpi
    inner join dimensions on catalogue.kpi = dimensions.kpi
    left join {{ ref('int_built_frameworks') }} as frameworks
        on dimensions.dimension = 'stage'
    where
        catalogue.kpi <> 'predicted_clv'
        and (dimensions.dimension <> 'account' or grains.period_grain = 'month')

)

select * from slices
