-- The entries that plays are judged by: matured, due since the play has been sent, not suppressed,
-- the first of subject, play and quarter, and of persons only those whose arm was dealt by the id
-- that they have today.

with

fit_entries as (

    select
        entries.play,
        entries.subject_key,
        entries.triggered_on,
        entries.due_from,
        entries.arm,
        entries.goal_on is not null as has_goal,
        entries.goal_value,
        row_number() over (
            partition by entries.play, entries.subject_key, {{ quarter('entries.due_from') }}
            order by entries.due_from
        ) as place
    from {{ ref('int_play_entries') }} as entries
    inner join {{ ref('int_plays') }} as plays on entries.play = plays.play
    left join {{ ref('int_customer_ids_known') }} as ids
        on entries.subject_key = ids.person_key
    where
        entries.is_matured
        and entries.due_from >= plays.starts_on
        and entries.suppressed_by is null
        and entries.arm in ('treat', 'holdout')
        and (
            entries.is_account
            or (
                ids.known_on <= entries.due_from
                and (ids.last_merged_on is null or ids.last_merged_on <= entries.due_from)
            )
        )

),

counted_entries as (

    select
        play,
        subject_key,
        triggered_on,
        due_from,
        arm,
        has_goal,
        goal_value
    from fit_entries
    where place = 1

)

select * from counted_entries
