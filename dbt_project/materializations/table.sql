{# A table is made under its own name. dbt-duckdb makes it under another one and renames it, so that
   readers never miss it; nobody reads the working database while it is built, and each rename costs
   as much as a small model. What the project does not use (grants, indexes, hooks that need a
   transaction of their own, remote catalogues) is left out. #}
{% materialization table, adapter='duckdb', supported_languages=['sql', 'python'] %}
    {%- set target_relation = this.incorporate(type='table') %}

    {{ run_hooks(pre_hooks) }}
    {{ drop_relation_if_exists(load_cached_relation(this)) }}
    {% call statement('main', language=model.language) -%}
        {{ create_table_as(False, target_relation, compiled_code, model.language) }}
    {%- endcall %}
    {{ run_hooks(post_hooks) }}
    {% do persist_docs(target_relation, model) %}
    {{ adapter.commit() }}

    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
