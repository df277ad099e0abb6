-- What was due to whom, what was done about it by its arm, and what came of it.

with

play_entries as (

    select
        play,
        subject_id,
        triggered_on,
        triggered_at,
        due_from,
        due_until,
        arm,
        suppressed_by,
        goal_on,
        goal_value,
        is_matured
    from {{ ref('int_play_entries') }}

)

select * from play_entries
