{# What the build is told by vars, else by its data. #}

{# The last day the build speaks of. `last_on` is the last day with an event or a valid order. #}
{% macro as_of_date(last_on) -%}
    coalesce(cast(nullif('{{ var("as_of_date") }}', '') as date), {{ last_on }})
{%- endmacro %}

{# The last day whose identifications and merges count: by default the as-of date. #}
{% macro identity_as_of(last_on) -%}
    coalesce(cast(nullif('{{ var("identity_as_of") }}', '') as date), {{ as_of_date(last_on) }})
{%- endmacro %}
