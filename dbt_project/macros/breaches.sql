{# What the generic data tests say of a broken row. #}

{# Says which claim a row breaks, the first one; null for a sound row. A wrong value is quoted, unless
   it may be somebody's. #}
{% macro breach_of_a_row(filled, values, holds) -%}
    case
        {%- for column in filled %}
        when {{ column }} is null then '{{ column }} is empty'
        {%- endfor %}
        {%- for column, accepted in values.items() %}
        when {{ column }} not in ('{{ accepted | join("', '") }}')
            then '{{ column }} is {% if not is_personal(column) -%}
                "' || cast({{ column }} as string) || '", {% endif -%}
                none of {{ accepted | join(', ') }}'
        {%- endfor %}
        {%- for claim, expression in holds.items() %}
        when ({{ expression }}) is distinct from true
            then 'it does not hold that {{ claim | replace('_', ' ') }}'
        {%- endfor %}
    end
{%- endmacro %}

{# Says whether a column of that name holds personal data in a raw table. #}
{% macro is_personal(column) -%}
    {%- if execute %}
        {%- for source in graph.sources.values() if column in source.columns %}
            {%- if source.columns[column].config.meta.get('pii') %}{{ return(true) }}{% endif %}
        {%- endfor %}
    {%- endif %}
    {{ return(false) }}
{%- endmacro %}
