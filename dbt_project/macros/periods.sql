{# Reporting periods. Weeks begin on Monday (ISO), quarters and years with the var
   `fiscal_year_start_month`. #}

{# The grains of kpi_values, finest first. #}
{% macro period_grains() -%}
    {{ return(['day', 'week', 'month', 'quarter', 'year']) }}
{%- endmacro %}

{# The first day of the period that a date lies in. #}
{% macro period_start(date, grain) -%}
    {%- set months_in = {'quarter': 3, 'year': 12} -%}
    {%- set months_late = (var('fiscal_year_start_month') | int - 1) % months_in.get(grain, 1) -%}
    {%- if grain == 'day' -%}
        {{ date }}
    {%- elif months_late -%}
        cast(
            date_trunc('{{ grain }}', {{ date }} - interval '{{ months_late }} months')
            + interval '{{ months_late }} months' as date
        )
    {%- else -%}
        cast(date_trunc('{{ grain }}', {{ date }}) as date)
    {%- endif -%}
{%- endmacro %}

{# The first day after it. #}
{% macro period_end(date, grain) -%}
    cast({{ period_start(date, grain) }} + interval {{ '3 month' if grain == 'quarter' else '1 ' ~ grain }} as date)
{%- endmacro %}

{# The first day of a period of the grain that another column names. #}
{% macro period_start_in(date, grain) -%}
    case {{ grain }}
        {%- for name in period_grains() %}
        when '{{ name }}' then {{ period_start(date, name) }}
        {%- endfor %}
    end
{%- endmacro %}

{# Whether KPIs are written from the first fact on: only then can they add up to all there ever was. #}
{% macro history_is_whole() -%}
    not exists (select 1 from {{ ref('int_periods') }} as periods where not periods.is_written)
{%- endmacro %}

{# Whether the period before that of a row is too long ago to be written. #}
{% macro follows_unwritten_period(rows) -%}
    exists (
        select 1
        from {{ ref('int_periods') }} as earlier
        where
            earlier.period_grain = {{ rows }}.period_grain
            and earlier.period_end = {{ rows }}.period_start
            and not earlier.is_written
    )
{%- endmacro %}
