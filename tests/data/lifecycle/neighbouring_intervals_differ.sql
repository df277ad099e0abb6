-- Law (maximal): an interval differs from the one before in stage or health, and only the first one
-- has none before. That previous_* is the row before is a law of its own.

{{ config(meta={'dagster': {'ref': {'name': 'lifecycle_history'}}}) }}

with

wrong_intervals as (

    select
        framework,
        subject_id,
        valid_from,
        movement,
        previous_stage,
        stage,
        previous_health,
        health
    from {{ ref('lifecycle_history') }}
    where
        (stage = previous_stage and health = previous_health)
        or (movement = 'entered') <> (previous_stage is null)
        or (movement = 'entered') <> (previous_health is null)

)

select * from wrong_intervals
