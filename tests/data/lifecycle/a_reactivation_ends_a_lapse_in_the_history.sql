-- Law: on every reactivation day the history turns from lapsed to another health, in every
-- framework of the subject.

{{ config(meta={'dagster': {'ref': {'name': 'lifecycle_history'}}}) }}

with

reactivations as (

    select
        frameworks.framework,
        subjects.subject_id,
        reactivations.reactivated_on
    from {{ ref('int_reactivations') }} as reactivations
    inner join {{ ref('int_subjects') }} as subjects
        on reactivations.subject_key = subjects.subject_key
    inner join {{ ref('int_built_frameworks') }} as frameworks
        on subjects.subject_type = frameworks.subject_type

),

unseen_reactivations as (

    select reactivations.*
    from reactivations
    left join {{ ref('lifecycle_history') }} as history
        on
            reactivations.framework = history.framework
            and reactivations.subject_id = history.subject_id
            and reactivations.reactivated_on = history.valid_from
            and history.previous_health = 'lapsed'
            and history.health <> 'lapsed'
            and history.cycle > 1
    where history.subject_id is null

)

select * from unseen_reactivations
