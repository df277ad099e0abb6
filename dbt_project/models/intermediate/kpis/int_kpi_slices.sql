-- The catalogue unfolded: which rows kpi_values may have, how they are rolled up, and what their
-- status depends on. The first word of a numerator says how the rows of a period become one number,
-- if they are not summed. Accounts are written by month only; `stage:<framework>` stands for one
-- dimension per framework; a KPI of which nothing is known at all is told of everybody by month.
-- Times are counted in microseconds until the last division, so that nothing is rounded on the way.
-- What is foreseen has no row before a model says anything; the value of customers as it stands is
-- told of the periods that hold the as-of date alone (`is_of_today`).

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

heard_kpis as (

    select needed_inputs.kpi
    from {{ ref('int_kpi_needs') }} as needed_inputs
    inner join {{ ref('int_kpi_inputs') }} as inputs on needed_inputs.input = inputs.input
    group by needed_inputs.kpi

),

slices as (

    select
        catalogue.kpi,
        catalogue.kpi_no,
        grains.period_grain,
        case
            when dimensions.dimension = 'stage:<framework>' then 'stage:' || frameworks.framework
            else dimensions.dimension
        end as dimension,
        catalogue.model,
        catalogue.denominator is not null as is_ratio,
        case split_part(catalogue.numerator, ' ', 1)
            when 'median' then 'median'
            when 'largest' then 'largest'
            when 'busiest' then 'busiest'
            when 'mean' then 'mean'
            else 'sum'
        end as aggregate,
        cast(
            case catalogue.unit when 'hours' then 3600000000 when 'minutes' then 60000000 else 1 end
            as bigint
        ) as parts_per_unit,
        coalesce(catalogue.maturity_days, 0) as maturity_days,
        catalogue.kpi = 'predicted_clv' as is_of_today
    from catalogue
    inner join grains on catalogue.kpi = grains.kpi
    inner join dimensions on catalogue.kpi = dimensions.kpi
    left join heard_kpis on catalogue.kpi = heard_kpis.kpi
    left join {{ ref('int_built_frameworks') }} as frameworks
        on dimensions.dimension = 'stage:<framework>'
    where
        (
            catalogue.kpi not in ('predicted_clv', 'ltv_to_cac')
            or exists (
                select 1 from {{ ref('int_customer_values') }} as predictions
                where predictions.predicted_value_365d is not null
            )
        )
        and (dimensions.dimension <> 'account' or grains.period_grain = 'month')
        and (
            heard_kpis.kpi is not null
            or (dimensions.dimension = 'all' and grains.period_grain = 'month')
        )

)

select * from slices
