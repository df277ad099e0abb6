{# As a table is made (see there): under its own name, in the place of the one before. #}
{% materialization view, adapter='duckdb' %}
    {%- set target_relation = this.incorporate(type='view') %}
    {%- set existing_relation = load_cached_relation(this) %}

    {{ run_hooks(pre_hooks) }}
    {% if existing_relation and existing_relation.type != 'view' -%}
    {{ drop_relation_if_exists(existing_relation) }}
    {%- endif %}
    {% call statement('main') -%}
        {%- if config.get('contract').enforced %}{{ get_assert_columns_equivalent(sql) }}{% endif -%}
        create or replace view {{ target_relation }} as (
            {{ sql }}
        );
    {%- endcall %}
    {{ run_hooks(post_hooks) }}
    {% do persist_docs(target_relation, model) %}
    {{ adapter.commit() }}

    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
