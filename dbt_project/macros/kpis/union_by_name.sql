{# All rows of some relations or CTEs; a column that one of them does not have is null in its rows. #}
{% macro union_by_name(relations) %}{{ return(adapter.dispatch('union_by_name')(relations)) }}{% endmacro %}
{% macro default__union_by_name(relations) -%}
    {%- for relation in relations -%}
    select * from {{ relation }}
    {%- if not loop.last %}

    union all by name

    {% endif -%}
    {%- endfor -%}
{%- endmacro %}
