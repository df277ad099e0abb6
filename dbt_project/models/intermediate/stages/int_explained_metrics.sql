-- Which measures have to be told of each subject: those of the rule that won and of the rules of
-- the next stage, in any framework, each once.

with

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
    cross join {{ ref('int_settings') }} as settings
    inner join set_metrics
        on
            current_states.subject_type = set_metrics.subject_type
            and current_states.word_0 = set_metrics.word_0
            and current_states.word_1 = set_metrics.word_1
    inner join metrics on set_metrics.metric_no = metrics.metric_no

)

select * from explained_metrics
