-- The frameworks of this build: the default one always, the others as the var `frameworks` lists
-- them.

{% set listed = var('frameworks').split(',') | map('trim') | reject('equalto', '') | list %}
{% set conditions = ['true' if listed == ['all'] else 'is_default'] %}
{% for framework in listed if listed != ['all'] -%}
{% do conditions.append("framework = '" ~ framework | replace("'", "''") ~ "'") %}
{%- endfor %}

with

built_frameworks as (

    select
        framework,
        cast(row_number() over (order by framework) as smallint) as framework_no,
        subject_type
    from {{ ref('frameworks') }}
    where {{ conditions | join(' or ') }}

)

select * from built_frameworks
