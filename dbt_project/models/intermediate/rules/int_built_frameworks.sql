-- The frameworks of this build: the default one always, the others as the var `frameworks` lists
-- them.

{% set listed = var('frameworks').split(',') | map('trim') | list %}

with

built_frameworks as (

    select
        framework,
        cast(row_number() over (order by framework) as smallint) as framework_no,
        subject_type
    from {{ ref('frameworks') }}
    where
        is_default
        or {{ (listed == ['all']) | lower }}
        {% for name in listed -%}
        or framework = '{{ name | replace("'", "''") }}'
        {% endfor %}

)

select * from built_frameworks
