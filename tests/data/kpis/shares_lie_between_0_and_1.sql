-- The catalogue calls `ratio` what may go beyond: revenue retention, refunds in excess of an order.
select kpi_values.*
from {{ ref('kpi_values') }} as kpi_values
inner join {{ ref('kpi_catalog') }} as kpi_catalog on kpi_values.kpi = kpi_catalog.kpi
where
    kpi_catalog.unit = 'share'
    and kpi_values.value not between 0 and 1
