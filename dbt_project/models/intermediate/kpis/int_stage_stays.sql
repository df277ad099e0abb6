-- How long subjects stayed in a stage, changes of health left out. A stay has advanced when its
-- subject is in a higher stage in time, whatever way it took.

with

settings as (

    select as_of_date from {{ ref('int_settings') }}

),

stages as (

    select
        framework,
        stage,
        ordinal,
        ordinal = max(ordinal) over (partition by framework) as is_highest
    from {{ ref('framework_stages') }}

),

entries as (

    select
        moves.framework,
        intervals.subject_key,
        moves.stage,
        intervals.valid_from as began_on,
        windows.stage_advance_days
    from {{ ref('int_stage_intervals') }} as intervals
    inner join {{ ref('int_possible_moves') }} as moves on intervals.move_no = moves.move_no
    cross join settings
    cross join {{ ref('int_kpi_windows') }} as windows
    where
        moves.movement <> 'health_only'
        and intervals.valid_from <= settings.as_of_date

),

stays as (

    select
        entries.framework,
        entries.subject_key,
        entries.stage,
        stages.is_highest,
        entries.began_on,
        lead(entries.began_on) over subject_stays as ended_on,
        max(stages.ordinal) over (
            partition by entries.framework, entries.subject_key
            order by {{ days_between("cast('1970-01-01' as date)", 'entries.began_on') }}
            range between current row and entries.stage_advance_days following
        ) > stages.ordinal as has_advanced
    from entries
    inner join stages
        on
            entries.framework = stages.framework
            and entries.stage = stages.stage
    window subject_stays as (
        partition by entries.framework, entries.subject_key
        order by entries.began_on
    )

)

select * from stays
