-- Stage, in the default framework, and health of persons from when to when, for joins on a day: the
-- eve of a fact. Before the first day there is no row: unseen. If the default framework is one of
-- accounts, nobody's stage is known.

with

default_framework as (

    select
        built_frameworks.framework_no,
        built_frameworks.subject_type
    from {{ ref('int_built_frameworks') }} as built_frameworks
    inner join {{ ref('frameworks') }} as frameworks
        on built_frameworks.framework = frameworks.framework
    where frameworks.is_default

),

stage_spans as (

    select
        intervals.subject_key,
        moves.stage,
        {{ health_name('intervals.health_step') }} as health,
        intervals.valid_from,
        coalesce(intervals.next_from, cast('9999-12-31' as date)) as valid_to
    from {{ ref('int_stage_intervals') }} as intervals
    inner join default_framework
        on intervals.framework_no = default_framework.framework_no
    inner join {{ ref('int_possible_moves') }} as moves on intervals.move_no = moves.move_no
    where default_framework.subject_type = 'person'

),

person_states as (

    select * from stage_spans

    union all

    select
        health_spans.subject_key,
        'unknown' as stage,
        health_spans.health,
        health_spans.valid_from,
        health_spans.valid_to
    from {{ ref('int_health_spans') }} as health_spans
    cross join default_framework
    where default_framework.subject_type <> 'person'

)

select * from person_states
