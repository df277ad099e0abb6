-- What was true of whom from when to when, up to the as-of date. An interval that the as-of date
-- lies in is open; its next_* columns say what ends it if nothing new happens.

with

settings as (

    select as_of_date from {{ ref('int_settings') }}

),

begun_intervals as (

    select
        intervals.*,
        coalesce(intervals.next_from <= settings.as_of_date, false) as is_closed
    from {{ ref('int_stage_intervals') }} as intervals
    cross join settings
    where intervals.valid_from <= settings.as_of_date

),

history as (

    select
        moves.framework,
        subjects.subject_id,
        subjects.subject_type,
        begun_intervals.valid_from,
        case when begun_intervals.is_closed then begun_intervals.next_from end as valid_to,
        moves.stage,
        {{ health_name('begun_intervals.health_step') }} as health,
        moves.rule,
        moves.previous_stage,
        {{ health_name('begun_intervals.previous_health_step') }} as previous_health,
        begun_intervals.cycle,
        moves.movement,
        cast(moves.skipped_stages as integer) as skipped_stages,
        case when not begun_intervals.is_closed then begun_intervals.next_from end
            as next_change_on,
        next_moves.stage as next_stage,
        case
            when not begun_intervals.is_closed
                then {{ health_name('begun_intervals.next_health_step') }}
        end as next_health
    from begun_intervals
    inner join {{ ref('int_subjects') }} as subjects
        on begun_intervals.subject_key = subjects.subject_key
    inner join {{ ref('int_possible_moves') }} as moves on begun_intervals.move_no = moves.move_no
    left join {{ ref('int_possible_moves') }} as next_moves
        on
            case when not begun_intervals.is_closed then begun_intervals.next_move_no end
            = next_moves.move_no

)

select * from history
