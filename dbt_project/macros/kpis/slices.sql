{# Rows with what they are sliced by for their persons: country and account of today, health and
   stage of the eve of a day, an expression of `facts`, as the rows are named here. #}
{% macro sliced_by_person(relation, day) -%}
    select
        facts.*,
        coalesce(attributes.country, 'unknown') as country,
        coalesce(states.health, 'unknown') as health,
        coalesce(states.stage, 'unknown') as stage,
        coalesce(attributes.account, 'unknown') as account
    from {{ relation }} as facts
    left join {{ ref('int_person_attributes') }} as attributes
        on facts.person_key = attributes.person_key
    left join {{ ref('int_person_states') }} as states
        on
            facts.person_key = states.subject_key
            and {{ add_days(day, -1) }} >= states.valid_from
            and {{ add_days(day, -1) }} < states.valid_to
{%- endmacro %}
{# What rows are grouped by, so that each sum is of all of one key, such as a day, or of a slice of
   it in one dimension, which is a column. #}
{% macro every_slice(key, dimensions) -%}
    grouping sets (  -- noqa: PRS, LT02
            ({{ key }})
            {%- for dimension in dimensions %},
            ({{ key }}, {{ dimension }})
            {%- endfor %}
        )
{%- endmacro %}
{# Of which of these slices a sum is: two columns, dimension and dimension_value. #}
{% macro slice_of_a_sum(dimensions) -%}
    case
            {% for dimension in dimensions -%}
            when grouping({{ dimension }}) = 0 then '{{ dimension }}'
            {% endfor -%}
            else 'all'
        end as dimension,
        case
            {% for dimension in dimensions -%}
            when grouping({{ dimension }}) = 0 then {{ dimension }}
            {% endfor -%}
            else 'all'
        end as dimension_value
{%- endmacro %}
