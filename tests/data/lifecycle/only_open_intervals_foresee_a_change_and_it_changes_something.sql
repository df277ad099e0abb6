-- Law: what comes next is said of open intervals only; it lies after the as-of date, is complete,
-- and changes stage or health.

{{ config(meta={'dagster': {'ref': {'name': 'lifecycle_history'}}}) }}

with

foreseen_changes as (

    select
        history.framework,
        history.subject_id,
        history.valid_from,
        history.valid_to,
        history.stage,
        history.health,
        history.next_change_on,
        history.next_stage,
        history.next_health,
        settings.as_of_date
    from {{ ref('lifecycle_history') }} as history
    cross join {{ ref('int_settings') }} as settings
    where
        history.next_change_on is not null
        or history.next_stage is not null
        or history.next_health is not null

),

wrong_changes as (

    select *
    from foreseen_changes
    where
        valid_to is not null
        or (next_change_on > as_of_date) is distinct from true
        or (next_stage <> stage or next_health <> health) is distinct from true

)

select * from wrong_changes
