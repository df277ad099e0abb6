-- Law: the mart of subjects has every subject once, and a subject's stage and health are its
-- current ones in the default framework where it is of that framework's type.

{{ config(meta={'dagster': {'ref': {'name': 'subjects'}}}) }}

{% set columns = ['subject_id', 'subject_type', 'first_seen_on', 'stage', 'health'] %}

with

default_rows as (

    select
        current_rows.subject_id,
        current_rows.stage,
        current_rows.health
    from {{ ref('lifecycle_current') }} as current_rows
    inner join {{ ref('frameworks') }} as frameworks
        on current_rows.framework = frameworks.framework
    where frameworks.is_default

),

subjects as (

    select
        subjects.subject_id,
        subjects.subject_type,
        subjects.first_seen_on,
        default_rows.stage,
        default_rows.health,
        1 as side
    from {{ ref('int_subjects') }} as subjects
    left join default_rows on subjects.subject_id = default_rows.subject_id

    union all

    select
        subjects.subject_id,
        subjects.subject_type,
        subjects.first_seen_on,
        subjects.stage,
        case when frameworks.framework is not null then subjects.health end as health,
        -1 as side
    from {{ ref('subjects') }} as subjects
    left join {{ ref('frameworks') }} as frameworks
        on
            subjects.subject_type = frameworks.subject_type
            and frameworks.is_default

),

unbalanced_subjects as (

    {{ unbalanced_rows('subjects', columns) }}

)

select * from unbalanced_subjects
