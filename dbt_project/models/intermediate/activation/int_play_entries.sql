-- Occasions with everything that is said of them, for the marts.

with

play_entries as (

    select
        occasions.play,
        occasions.subject_key,
        occasions.subject_id,
        occasions.is_account,
        occasions.triggered_on,
        occasions.triggered_at,
        occasions.state_until,
        occasions.due_from,
        occasions.due_until,
        occasions.priority,
        occasions.arm,
        coalesce(occasions.suppressed_by, suppressions.suppressed_by) as suppressed_by,
        goals.goal_on,
        goals.goal_value,
        goals.window_end <= {{ add_days('settings.as_of_date', 1) }} as is_matured
    from {{ ref('int_play_occasions') }} as occasions
    cross join {{ ref('int_settings') }} as settings
    inner join {{ ref('int_play_goals') }} as goals
        on
            occasions.subject_key = goals.subject_key
            and occasions.play = goals.play
            and occasions.triggered_on = goals.triggered_on
    left join {{ ref('int_play_suppressions') }} as suppressions
        on
            occasions.subject_key = suppressions.subject_key
            and occasions.play = suppressions.play
            and occasions.triggered_on = suppressions.triggered_on

)

select * from play_entries
