{# Periods of product analytics: those of kpi_values and weeks that begin on Sunday. #}

{% macro activity_grains() -%}
    {{ return(['day', 'week', 'week_sunday', 'month', 'quarter', 'year']) }}
{%- endmacro %}

{# Whole months from the first day of one month to that of a later one. #}
{% macro months_between(earlier, later) -%}
    (
        12 * (extract(year from {{ later }}) - extract(year from {{ earlier }}))
        + extract(month from {{ later }}) - extract(month from {{ earlier }})
    )
{%- endmacro %}
