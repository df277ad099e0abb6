-- Law (total and exclusive): every interval but the first begins where exactly one other ends, and
-- its previous_* columns are the stage and health of that one. With one first interval per subject
-- and no empty ones, the intervals of a subject then cover each day once and exactly one is open.

{{ config(meta={'dagster': {'ref': {'name': 'lifecycle_history'}}}) }}

with

turns as (

    select
        framework,
        subject_id,
        valid_to as turned_on,
        stage as earlier_stage,
        health as earlier_health,
        1 as side
    from {{ ref('lifecycle_history') }}
    where valid_to is not null

    union all

    select
        framework,
        subject_id,
        valid_from as turned_on,
        previous_stage as earlier_stage,
        previous_health as earlier_health,
        -1 as side
    from {{ ref('lifecycle_history') }}
    where movement <> 'entered'

),

unbalanced_turns as (

    {{ unbalanced_rows(
        'turns', ['framework', 'subject_id', 'turned_on', 'earlier_stage', 'earlier_health']
    ) }}

)

select * from unbalanced_turns
