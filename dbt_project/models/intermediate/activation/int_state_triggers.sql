{{ config(materialized='view') }}

-- Stages and health that a play answers: told of a day, they happen at its end, and are over on the
-- first day on which they no longer hold.

with

settings as (

    select as_of_date from {{ ref('int_settings') }}

),

moves as (

    select
        intervals.subject_key,
        intervals.framework_no,
        intervals.valid_from,
        moves.movement,
        moves.stage,
        moves.previous_stage,
        coalesce(
            lead(intervals.valid_from) over (
                partition by intervals.framework_no, intervals.subject_key
                order by intervals.valid_from
            ),
            {{ open_end() }}
        ) as next_move_on
    from {{ ref('int_stage_intervals') }} as intervals
    cross join settings
    inner join {{ ref('int_possible_moves') }} as moves on intervals.move_no = moves.move_no
    where
        moves.movement <> 'health_only'
        and intervals.valid_from <= settings.as_of_date

),

stages_entered as (

    select
        plays.play,
        moves.subject_key,
        moves.valid_from as triggered_on,
        {{ day_end('moves.valid_from') }} as triggered_at,
        moves.next_move_on as state_until
    from moves
    inner join {{ ref('int_plays') }} as plays
        on
            moves.framework_no = plays.framework_no
            and moves.stage = plays.trigger_value
    where
        plays.trigger = 'stage_entered'
        and moves.movement in ('entered', 'advanced')

),

stages_left as (

    select
        plays.play,
        moves.subject_key,
        moves.valid_from as triggered_on,
        {{ day_end('moves.valid_from') }} as triggered_at,
        coalesce(min(later_moves.valid_from), {{ open_end() }}) as state_until
    from moves
    inner join {{ ref('int_plays') }} as plays
        on
            moves.framework_no = plays.framework_no
            and moves.previous_stage = plays.trigger_value
    left join moves as later_moves
        on
            moves.subject_key = later_moves.subject_key
            and moves.framework_no = later_moves.framework_no
            and moves.previous_stage = later_moves.stage
            and moves.valid_from < later_moves.valid_from
    where
        plays.trigger = 'stage_left'
        and moves.movement = 'fell_back'
    group by
        plays.play,
        moves.subject_key,
        moves.valid_from

),

healths_entered as (

    select
        plays.play,
        spans.subject_key,
        spans.valid_from as triggered_on,
        {{ day_end('spans.valid_from') }} as triggered_at,
        spans.valid_to as state_until
    from {{ ref('int_health_spans') }} as spans
    inner join {{ ref('int_plays') }} as plays
        on
            spans.health = plays.trigger_value
            and {{ subject_type('spans.subject_key') }} = plays.subject_type
    where plays.trigger = 'health_entered'

),

state_triggers as (

    select * from stages_entered

    union all

    select * from stages_left

    union all

    select * from healths_entered

)

select * from state_triggers
