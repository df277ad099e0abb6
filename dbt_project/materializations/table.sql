{# A table is made under its own name, in the place of the one before. dbt-duckdb makes it under
   another one and renames it, so that readers never miss it; nobody reads the working database while
   it is built, and each rename and each drop costs as much as a small model. What the project does
   not use (grants, indexes, hooks that need a transaction of their own, remote catalogues) is left
   out. #}
{% materialization table, adapter='duckdb', supported_languages=['sql', 'python'] %}
    {%- set target_relation = this.incorporate(type='table') %}
    {%- set existing_relation = load_cached_relation(this) %}

    {{ run_hooks(pre_hooks) }}
    {% if existing_relation and (model.language == 'python' or existing_relation.type != 'table') -%}
    {{ drop_relation_if_exists(existing_relation) }}
    {%- endif %}
    {% call statement('main', language=model.language) -%}
        {%- if model.language == 'python' -%}
        {{ create_table_as(False, target_relation, compiled_code, 'python') }}
        {%- else -%}
        {{ replace_table_as(target_relation, compiled_code) }}
        {%- endif -%}
    {%- endcall %}
    {{ run_hooks(post_hooks) }}
    {% do persist_docs(target_relation, model) %}
    {{ adapter.commit() }}

    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{# The statement that makes the table of a query, with the columns of its contract if it has one. #}
{% macro replace_table_as(relation, query) %}
    {%- if config.get('contract').enforced -%}
    {{ get_assert_columns_equivalent(query) }}
    create or replace table {{ relation }} {{ get_table_columns_and_constraints() }};
    insert into {{ relation }} {{ get_column_names() }} (
        {{ get_select_subquery(query) }}
    );
    {%- else -%}
    create or replace table {{ relation }} as (
        {{ query }}
    );
    {%- endif -%}
{% endmacro %}
