-- Where every subject stood in each framework and from when on, with the day on which it had come
-- into the stage, and the next turn after it: a higher stage, a lower one, or lapsed. Changes to
-- come after the as-of date are none yet.

with

named_intervals as (

    select
        intervals.subject_key,
        intervals.framework_no,
        moves.framework,
        moves.stage,
        moves.movement,
        {{ health_name('intervals.health_step') }} as health,
        {{ health_name('intervals.previous_health_step') }} as previous_health,
        intervals.valid_from,
        coalesce(intervals.next_from, {{ open_end() }}) as valid_to
    from {{ ref('int_stage_intervals') }} as intervals
    cross join {{ ref('int_settings') }} as settings
    inner join {{ ref('int_possible_moves') }} as moves on intervals.move_no = moves.move_no
    where intervals.valid_from <= settings.as_of_date

),

intervals as (

    select
        *,
        case when movement <> 'health_only' then valid_from end as entered_on,
        case
            when movement in ('advanced', 'fell_back') then movement
            when health = 'lapsed' and previous_health <> 'lapsed' then 'lapsed'
        end as turn
    from named_intervals

),

stage_turns as (

    select
        subject_key,
        framework,
        stage,
        health,
        valid_from,
        valid_to,
        max(entered_on) over so_far as stage_since,
        {{ ignoring_nulls('first_value', 'turn') }} over ahead as next_turn,
        {{ ignoring_nulls('first_value', 'case when turn is not null then valid_from end') }}
            over ahead as next_turn_on
    from intervals
    window
        so_far as (
            partition by framework_no, subject_key
            order by valid_from
            rows between unbounded preceding and current row
        ),
        ahead as (
            partition by framework_no, subject_key
            order by valid_from
            rows between 1 following and unbounded following
        )

)

select * from stage_turns
