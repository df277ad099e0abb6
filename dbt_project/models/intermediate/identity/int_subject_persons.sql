{{ config(materialized='view') }}

-- Whose doings are whose: a person's are its own, and those of the account it belongs to.

with

subject_persons as (

    select
        person_key as subject_key,
        person_key,
        'person' as subject_type
    from {{ ref('int_persons') }}

    union all

    select
        account_key as subject_key,
        person_key,
        'account' as subject_type
    from {{ ref('int_account_members') }}

)

select * from subject_persons
