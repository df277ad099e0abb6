{# Reporting periods. Weeks begin on Monday (ISO). #}

{# The grains of kpi_values, finest first. #}
{% macro period_grains() -%}
    {{ return(['day', 'week', 'month']) }}
{%- endmacro %}

{# The first day of the period that a date lies in. #}
{% macro period_start(date, grain) -%}
    {%- if grain == 'day' -%}
        {{ date }}
    {%- else -%}
        cast(date_trunc('{{ grain }}', {{ date }}) as date)
    {%- endif -%}
{%- endmacro %}

{# The first day of the next period, given the first day of one. #}
{% macro next_period_start(start, grain) -%}
    cast({{ start }} + interval 1 {{ grain }} as date)
{%- endmacro %}

{# The first day of the period that a date lies in, of the grain that another column names. #}
{% macro period_start_in(date, grain) -%}
    {{ return(adapter.dispatch('period_start_in')(date, grain)) }}
{%- endmacro %}

{% macro default__period_start_in(date, grain) -%}
    cast(date_trunc({{ grain }}, {{ date }}) as date)
{%- endmacro %}
