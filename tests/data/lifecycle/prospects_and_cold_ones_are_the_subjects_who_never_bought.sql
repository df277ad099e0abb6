-- Law: at the as-of date exactly the subjects without a standing order and without a paid period
-- are prospects or cold.

{{ config(meta={'dagster': {'ref': {'name': 'lifecycle_current'}}}) }}

with

buyers as (

    select subject_key
    from {{ ref('int_order_days') }}
    where voided_on is null

    union

    select person_key as subject_key from {{ ref('int_paid_periods') }}

    union

    select members.account_key as subject_key
    from {{ ref('int_paid_periods') }} as periods
    inner join {{ ref('int_account_members') }} as members
        on periods.person_key = members.person_key

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
    where (current_rows.health in ('prospect', 'cold')) <> (buyers.subject_key is null)

)

select * from wrong_healths
