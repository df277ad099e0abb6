-- Law: at the as-of date exactly the subjects without a standing order are prospects.

{{ config(meta={'dagster': {'ref': {'name': 'lifecycle_current'}}}) }}

with

buyers as (

    select subject_key
    from {{ ref('int_order_days') }}
    where voided_on is null
    group by subject_key

),

wrong_healths as (

    select
        current_rows.framework,
        current_rows.subject_id,
        current_rows.health
    from {{ ref('lifecycle_current') }} as current_rows
    inner join {{ ref('int_subjects') }} as subjects
        on current_rows.subject_id = subjects.subject_id
    left join buyers on subjects.subject_key = buyers.subject_key
    where (current_rows.health = 'prospect') <> (buyers.subject_key is null)

)

select * from wrong_healths
