-- A KPI, grain or dimension that the catalogue does not name is not published.
select
    kpi_values.kpi,
    kpi_values.period_grain || ' by ' || kpi_values.dimension as problem
from {{ ref('kpi_values') }} as kpi_values
left join {{ ref('kpi_catalog') }} as kpi_catalog
    on
        kpi_values.kpi = kpi_catalog.kpi
        and '|' || kpi_catalog.grains || '|' like '%|' || kpi_values.period_grain || '|%'
        and '|' || kpi_catalog.dimensions || '|'
        like '%|' || case
            when kpi_values.dimension like 'stage:%' then 'stage:<framework>'
            else kpi_values.dimension
        end || '|%'
where
    kpi_catalog.kpi is null
    or (kpi_values.dimension = 'account' and kpi_values.period_grain <> 'month')
group by
    kpi_values.kpi,
    kpi_values.period_grain,
    kpi_values.dimension
