-- What every KPI means, as the seed says it: the contract of kpi_values.

with

catalogue as (

    select
        kpi,
        stage_group,
        title,
        title_it,
        definition,
        numerator,
        denominator,
        unit,
        additive,
        restates,
        grains,
        dimensions,
        direction,
        maturity_days,
        inputs,
        model,
        source
    from {{ ref('kpis') }}

)

select * from catalogue
