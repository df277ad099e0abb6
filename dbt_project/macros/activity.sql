{# Periods of product analytics: those of kpi_values and weeks that begin on Sunday. #}

{% macro activity_grains() -%}
    {{ return(['day', 'week', 'week_sunday', 'month', 'quarter', 'year']) }}
{%- endmacro %}

{# The first day of the period that a date lies in. #}
{% macro activity_period_start(date, grain) -%}
    {%- if grain == 'week_sunday' -%}
        {{ add_days(period_start(add_days(date, 1), 'week'), -1) }}
    {%- else -%}
        {{ period_start(date, grain) }}
    {%- endif -%}
{%- endmacro %}

{# The first day of the next period, given the first day of one. #}
{% macro next_activity_period_start(start, grain) -%}
    {%- if grain == 'week_sunday' -%}
        {{ add_days(start, 7) }}
    {%- else -%}
        {{ next_period_start(start, grain) }}
    {%- endif -%}
{%- endmacro %}

{# Whole months from the first day of one month to that of a later one. #}
{% macro months_between(earlier, later) -%}
    (
        12 * (extract(year from {{ later }}) - extract(year from {{ earlier }}))
        + extract(month from {{ later }}) - extract(month from {{ earlier }})
    )
{%- endmacro %}
