{# What a build compares itself with, as subqueries that are empty where there is no such version.
#}

{# The one row that says which version it is, and from which day on each cause can have changed
   what it says. #}
{% macro previous_build() -%}
    {%- set relation = source('previous', 'build') -%}
    {%- set causes = [
        'rules', 'settings', 'erasure', 'merge_or_link', 'refund_or_cancellation', 'late_fact',
        'rate',
    ] -%}
    {%- if execute and load_relation(relation) is not none -%}
        select * from {{ relation }}
    {%- else -%}
        select
            cast(null as string) as build_id,
            cast(null as string) as rules_hash,
            {%- for cause in causes %}
            cast(null as date) as {{ cause }}_from,
            {%- endfor %}
            cast(null as date) as as_of_date
        where false
    {%- endif -%}
{%- endmacro %}

{# Columns of a mart as the version has them.

   mart     name of the mart, whose columns count where there is none
   columns  of both #}
{% macro previous_rows(mart, columns) -%}
    {%- set relation = source('previous', mart) -%}
    {%- if execute and load_relation(relation) is not none -%}
        select {{ columns | join(', ') }} from {{ relation }}
    {%- else -%}
        select {{ columns | join(', ') }} from {{ ref(mart) }} where false
    {%- endif -%}
{%- endmacro %}
