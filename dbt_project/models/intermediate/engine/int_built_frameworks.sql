-- The frameworks of this build: the default one always, the others as the var `frameworks` lists them.

{% set listed = var('frameworks').split(',') | map('trim') | reject('equalto', '') | list %}

with

built_frameworks as (

    select
        framework,
        subject_type
    from {{ ref('frameworks') }}
    {% if listed != ['all'] -%}
    where
        is_default
        {% for framework in listed -%}
        or framework = '{{ framework | replace("'", "''") }}'
        {% endfor -%}
    {%- endif %}

)

select * from built_frameworks
