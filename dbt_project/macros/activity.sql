{# What product analytics counts persons by: what they do, and the grain of the periods in which they
   do it. Rows by the million go by the number of both. #}
{% macro activity_series() -%}
    {%- set grains = ['day', 'week', 'week_sunday', 'month', 'quarter', 'year'] -%}
    {%- for activity in ['any', 'visit', 'order'] -%}
    {%- set series_before = loop.index0 * grains | length -%}
    {%- if not loop.first %}

    union all

    {% endif -%}
    {%- for grain in grains -%}
    select
        cast({{ series_before + loop.index }} as smallint) as series_no,
        '{{ grain }}' as period_grain,
        '{{ activity }}' as activity
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor -%}
    {%- endfor -%}
{%- endmacro %}
