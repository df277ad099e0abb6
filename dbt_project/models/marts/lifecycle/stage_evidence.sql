-- Why every subject is in its current stage, and what the next one asks.

with

evidence as (

    select
        evidence.framework,
        subjects.subject_id,
        evidence.stage,
        evidence.rule,
        evidence.condition_no,
        evidence.signal,
        evidence.measure,
        evidence.window_days,
        evidence.at_least,
        evidence.below,
        evidence.observed,
        evidence.holds,
        cast(evidence.missing as decimal(38, 4)) as missing,
        coalesce(evidence.signals, {{ empty_list() }}) as signals,
        evidence.stops_holding_on
    from {{ ref('int_stage_evidence') }} as evidence
    inner join {{ ref('int_subjects') }} as subjects
        on evidence.subject_key = subjects.subject_key

)

select * from evidence
