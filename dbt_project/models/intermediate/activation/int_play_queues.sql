-- The occasions that int_play_suppressions walks, by their place in the queue of their subject,
-- plays as numbers. Rows of one place lie together: each step of the walk then reads its own rows
-- alone.

with

plays as (

    select
        play,
        play_no,
        greatest(max(cool_down_days) over (), 7) as reach_days
    from {{ ref('int_plays') }}

),

play_queues as (

    select
        occasions.subject_key,
        cast(
            row_number() over (
                partition by occasions.subject_key
                order by occasions.due_from, occasions.priority, occasions.play
            ) as integer
        ) as place,
        plays.play_no,
        occasions.triggered_on,
        occasions.due_from,
        occasions.cool_down_days,
        plays.reach_days,
        not occasions.is_service as is_marketing
    from {{ ref('int_play_occasions') }} as occasions
    inner join plays on occasions.play = plays.play
    where occasions.suppressed_by is null

)

select * from play_queues
order by place
