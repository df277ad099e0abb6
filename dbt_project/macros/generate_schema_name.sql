{# Schemas are named as written (`marts`, not `main_marts`): BI tools address them by that name. Where
   this project is a package, whoever uses it names them: by a macro of this name, else as dbt does.
   dbt would ask only ours. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- set namer = context.get(project_name, {}).get('generate_schema_name') -%}
    {%- if project_name == 'customer_lifecycle' -%}
        {{ custom_schema_name | trim if custom_schema_name else target.schema }}
    {%- elif namer -%}
        {{ namer(custom_schema_name, node) }}
    {%- else -%}
        {{ dbt.generate_schema_name(custom_schema_name, node) }}
    {%- endif -%}
{%- endmacro %}
