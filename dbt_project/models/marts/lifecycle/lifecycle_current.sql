-- Where everybody stands at the as-of date, with one sentence that says why and what comes next,
-- and the days to act on. Over 120 lines, since it lists every column of the mart.

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
        history.*,
        subjects.subject_key,
        stages.label as stage_label,
        stages.label_it as stage_label_it,
        stages.ordinal as stage_ordinal,
        stage_starts.stage_since,
        next_stages.label as next_stage_label,
        next_stages.label_it as next_stage_label_it
    from history
    inner join {{ ref('int_subjects') }} as subjects
        on history.subject_id = subjects.subject_id
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
            and history.next_stage <> history.stage
    where history.valid_to is null

),

explained_rows as (

    select
        current_rows.framework,
        current_rows.subject_id,
        current_rows.subject_type,
        current_rows.valid_from,
        current_rows.stage,
        current_rows.stage_label,
        current_rows.stage_ordinal,
        current_rows.health,
        current_rows.rule,
        current_rows.previous_stage,
        current_rows.previous_health,
        current_rows.cycle,
        current_rows.movement,
        current_rows.skipped_stages,
        current_rows.stage_since,
        cast(
            {{ days_between('current_rows.stage_since', 'settings.as_of_date') }} as integer
        ) as days_in_stage,
        current_rows.next_change_on,
        current_rows.next_stage,
        current_rows.next_health,
        outlooks.health_basis,
        outlooks.at_risk_on,
        outlooks.lapsed_on,
        outlooks.usual_gap_days,
        outlooks.expected_next_order_on,
        outlooks.days_overdue,
        outlooks.renews_on,
        current_rows.stage_label || ' since ' || current_rows.stage_since || ': ' || reasons.seen
        || '.' || coalesce(' ' || reasons.next_need || '.', '')
        || coalesce(
            ' ' || current_rows.next_stage_label || ' from ' || current_rows.next_change_on
            || ' if nothing new happens.',
            ''
        )
        || coalesce(
            ' ' || case
                when outlooks.at_risk_on is not null then 'At risk on ' || outlooks.at_risk_on
                else 'Lapsed on ' || outlooks.lapsed_on
            end || case
                when outlooks.usual_gap_days is null then ' without a renewal.'
                when outlooks.health_basis = 'contract' or outlooks.renews_on is not null
                    then ' without an order or a renewal.'
                else ' without an order.'
            end,
            ''
        ) as reason,
        current_rows.stage_label_it || ' dal ' || current_rows.stage_since || ': '
        || reasons.seen_it || '.' || coalesce(' ' || reasons.next_need_it || '.', '')
        || coalesce(
            ' ' || current_rows.next_stage_label_it || ' dal ' || current_rows.next_change_on
            || ' se non accade nulla di nuovo.',
            ''
        )
        || coalesce(
            ' ' || case
                when outlooks.at_risk_on is not null then 'A rischio dal ' || outlooks.at_risk_on
                else 'Perso dal ' || outlooks.lapsed_on
            end || case
                when outlooks.usual_gap_days is null then ' senza un rinnovo.'
                when outlooks.health_basis = 'contract' or outlooks.renews_on is not null
                    then ' senza un ordine o un rinnovo.'
                else ' senza un ordine.'
            end,
            ''
        ) as reason_it,
        stage_outlooks.advance_30d_probability,
        stage_outlooks.is_stalled
    from current_rows
    cross join settings
    left join {{ ref('int_outlooks') }} as outlooks
        on current_rows.subject_key = outlooks.subject_key
    left join {{ ref('int_stage_outlooks') }} as stage_outlooks
        on
            current_rows.framework = stage_outlooks.framework
            and current_rows.subject_key = stage_outlooks.subject_key
    inner join {{ ref('int_reasons') }} as reasons
        on
            current_rows.framework = reasons.framework
            and current_rows.subject_key = reasons.subject_key

)

select * from explained_rows
