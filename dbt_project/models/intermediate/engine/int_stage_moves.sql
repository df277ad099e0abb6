-- What each step from one set of true conditions to the next means in each framework: the stage
-- before and after, and the stages jumped over. Few rows, however many customers take the step.

with

set_stages as (

    select * from {{ ref('int_set_stages') }}

),

set_steps as (

    select
        {{ subject_type('subject_key') }} as subject_type,
        previous_word_0,
        previous_word_1,
        word_0,
        word_1
    from {{ ref('int_subject_states') }}
    group by
        {{ subject_type('subject_key') }},
        previous_word_0,
        previous_word_1,
        word_0,
        word_1

),

moves as (

    select
        set_steps.*,
        built_frameworks.framework,
        built_frameworks.framework_no,
        later.stage,
        later.rule,
        later.ordinal,
        earlier.stage as previous_stage,
        earlier.ordinal as previous_ordinal
    from set_steps
    inner join {{ ref('int_built_frameworks') }} as built_frameworks
        on set_steps.subject_type = built_frameworks.subject_type
    left join set_stages as later
        on
            set_steps.subject_type = later.subject_type
            and set_steps.word_0 = later.word_0
            and set_steps.word_1 = later.word_1
            and built_frameworks.framework = later.framework
    left join set_stages as earlier
        on
            set_steps.subject_type = earlier.subject_type
            and set_steps.previous_word_0 = earlier.word_0
            and set_steps.previous_word_1 = earlier.word_1
            and built_frameworks.framework = earlier.framework

),

ways as (

    select
        framework,
        previous_ordinal,
        ordinal
    from moves
    group by
        framework,
        previous_ordinal,
        ordinal

),

jumps as (

    select
        ways.framework,
        ways.previous_ordinal,
        ways.ordinal,
        count(*) as skipped_stages
    from ways
    inner join {{ ref('framework_stages') }} as between_stages
        on
            ways.framework = between_stages.framework
            and ways.previous_ordinal < between_stages.ordinal
            and ways.ordinal > between_stages.ordinal
    where not between_stages.is_optional
    group by
        ways.framework,
        ways.previous_ordinal,
        ways.ordinal

),

stage_moves as (

    select
        row_number() over (
            order by
                moves.framework,
                moves.subject_type,
                moves.previous_word_0,
                moves.previous_word_1,
                moves.word_0,
                moves.word_1
        ) as move_no,
        moves.subject_type,
        moves.previous_word_0,
        moves.previous_word_1,
        moves.word_0,
        moves.word_1,
        moves.framework,
        moves.framework_no,
        moves.stage,
        moves.rule,
        moves.previous_stage,
        case
            when moves.previous_word_0 is null then 'entered'
            when moves.ordinal > moves.previous_ordinal then 'advanced'
            when moves.ordinal < moves.previous_ordinal then 'fell_back'
            else 'health_only'
        end as movement,
        coalesce(jumps.skipped_stages, 0) as skipped_stages
    from moves
    left join jumps
        on
            moves.framework = jumps.framework
            and moves.previous_ordinal = jumps.previous_ordinal
            and moves.ordinal = jumps.ordinal

)

select * from stage_moves
