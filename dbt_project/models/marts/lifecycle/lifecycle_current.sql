-- Where everybody stands at the as-of date, with one sentence that says why and what comes next.

with

settings as (

    select as_of_date from {{ ref('int_settings') }}

),

history as (

    select * from {{ ref('lifecycle_history') }}

),

stage_starts as (

    select
        framework,
        subject_id,
        max(valid_from) as stage_since
    from history
    where movement <> 'health_only'
    group by
        framework,
        subject_id

),

current_rows as (

    select
        history.framework,
        history.subject_id,
        history.subject_type,
        history.valid_from,
        history.stage,
        stages.label as stage_label,
        stages.ordinal as stage_ordinal,
        history.health,
        history.rule,
        history.previous_stage,
        history.previous_health,
        history.cycle,
        history.movement,
        history.skipped_stages,
        stage_starts.stage_since,
        cast({{ days_between('stage_starts.stage_since', 'settings.as_of_date') }} as integer)
            as days_in_stage,
        history.next_change_on,
        history.next_stage,
        history.next_health,
        stages.label || ' since ' || stage_starts.stage_since || ' by rule ' || history.rule
        || ', ' || replace(history.health, '_', ' ') || '.'
        || coalesce(
            ' On ' || history.next_change_on || ' '
            || case
                when history.next_stage = history.stage then ''
                else
                    next_stages.label
                    || case
                        when history.next_health = history.health then ''
                        else ' and '
                    end
            end
            || case
                when history.next_health = history.health then ''
                else replace(history.next_health, '_', ' ')
            end
            || ' if nothing new happens.',
            ''
        ) as reason
    from history
    cross join settings
    inner join stage_starts
        on
            history.framework = stage_starts.framework
            and history.subject_id = stage_starts.subject_id
    inner join {{ ref('framework_stages') }} as stages
        on
            history.framework = stages.framework
            and history.stage = stages.stage
    left join {{ ref('framework_stages') }} as next_stages
        on
            history.framework = next_stages.framework
            and history.next_stage = next_stages.stage
    where history.valid_to is null

)

select * from current_rows
