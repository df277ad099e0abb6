{# Rows with what they are sliced by for their persons: country and account of today, health and
   stage of the eve of a day, an expression of `facts`, as the rows are named here. #}
{% macro sliced_by_person(relation, day) -%}
    select
        facts.*,
        'all' as any_person,
        coalesce(attributes.country, 'unknown') as person_country,
        coalesce(states.health, 'unknown') as person_health,
        coalesce(states.stage, 'unknown') as person_stage,
        coalesce(attributes.account, 'unknown') as person_account
    from {{ relation }} as facts
    left join {{ ref('int_person_attributes') }} as attributes
        on facts.person_key = attributes.person_key
    left join {{ ref('int_person_states') }} as states
        on
            facts.person_key = states.subject_key
            and {{ add_days(day, -1) }} >= states.valid_from
            and {{ add_days(day, -1) }} < states.valid_to
{%- endmacro %}
{# What rows of persons are grouped by, so that each sum is of one slice of one key, such as a day;
   `channel` where the rows have one. #}
{% macro slices_of_persons(key, channel=none) -%}
    grouping sets (  -- noqa: PRS, LT02
            ({{ key }}, any_person),
            {% if channel %}({{ key }}, {{ channel }}),
            {% endif -%}
            ({{ key }}, person_country),
            ({{ key }}, person_health),
            ({{ key }}, person_stage),
            ({{ key }}, person_account)
        )
{%- endmacro %}
