-- Law (total, its beginning): every subject has exactly one first interval in every built framework
-- of its type, and it begins on the day of the subject's first signal.

{{ config(meta={'dagster': {'ref': {'name': 'lifecycle_history'}}}) }}

with

entries as (

    select
        frameworks.framework,
        subjects.subject_id,
        subjects.subject_type,
        subjects.first_seen_on as entered_on,
        1 as side
    from {{ ref('int_subjects') }} as subjects
    inner join {{ ref('int_built_frameworks') }} as frameworks
        on subjects.subject_type = frameworks.subject_type

    union all

    select
        framework,
        subject_id,
        subject_type,
        valid_from as entered_on,
        -1 as side
    from {{ ref('lifecycle_history') }}
    where movement = 'entered'

),

unbalanced_entries as (

    {{ unbalanced_rows('entries', ['framework', 'subject_id', 'subject_type', 'entered_on']) }}

)

select * from unbalanced_entries
