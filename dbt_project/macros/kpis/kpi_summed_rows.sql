{# KPIs that set what happened in a period against what stood at its start: the rows that two of the
   macros write for one KPI, one holding the stock and the other the moves, added up slice by slice.
   `relation` is a CTE of their union. #}
{% macro kpi_summed_rows(relation) -%}
    select
        kpi,
        period_grain,
        period_start,
        dimension,
        dimension_value,
        cast(sum(numerator) as decimal(38, 4)) as numerator,
        cast(sum(denominator) as decimal(38, 4)) as denominator,
        cast(sum(sample_size) as bigint) as sample_size,
        max(last_unit_on) as last_unit_on,
        max(mature_on) as mature_on,
        bool_or(is_missing_rate) as is_missing_rate,
        bool_or(is_unknown) as is_unknown
    from {{ relation }}
    group by
        kpi,
        period_grain,
        period_start,
        dimension,
        dimension_value
{%- endmacro %}
