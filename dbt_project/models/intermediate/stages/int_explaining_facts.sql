-- The facts of F(as_of_date) that each measure of a subject counts. Told are the measures of the
-- rule that won and of the rules of the next stage, in any framework, each once.

with

settings as (

    select as_of_date from {{ ref('int_settings') }}

),

set_metrics as (

    select
        condition_set_evidence.subject_type,
        condition_set_evidence.word_0,
        condition_set_evidence.word_1,
        condition_set_evidence.metric_no,
        condition_set_evidence.signal_no
    from {{ ref('int_condition_set_evidence') }} as condition_set_evidence
    group by
        condition_set_evidence.subject_type,
        condition_set_evidence.word_0,
        condition_set_evidence.word_1,
        condition_set_evidence.metric_no,
        condition_set_evidence.signal_no

),

metrics as (

    select
        metric_no,
        measure,
        window_days
    from {{ ref('int_conditions') }}
    group by
        metric_no,
        measure,
        window_days

),

explained_metrics as (

    select
        current_states.subject_key,
        set_metrics.metric_no,
        set_metrics.signal_no,
        metrics.measure,
        {{ add_days('settings.as_of_date', '-metrics.window_days') }} as counts_after
    from {{ ref('int_current_states') }} as current_states
    cross join settings
    inner join set_metrics
        on
            current_states.subject_type = set_metrics.subject_type
            and current_states.word_0 = set_metrics.word_0
            and current_states.word_1 = set_metrics.word_1
    inner join metrics on set_metrics.metric_no = metrics.metric_no

),

explaining_facts as (

    select
        metrics.subject_key,
        metrics.metric_no,
        facts.signal_date,
        facts.occurred_at,
        facts.value,
        facts.source_table,
        facts.event_row_id,
        facts.source_id
    from {{ ref('int_subject_signals') }} as facts
    cross join settings
    inner join explained_metrics as metrics
        on
            facts.subject_key = metrics.subject_key
            and facts.signal_no = metrics.signal_no
    where
        facts.signal_date <= settings.as_of_date
        and coalesce(facts.voided_on > settings.as_of_date, true)
        and coalesce(facts.signal_date > metrics.counts_after, true)
        and (metrics.measure <> 'latest' or facts.value is not null)

)

select * from explaining_facts
