-- The facts of F(as_of_date) that each measure of a subject counts.

with

settings as (

    select as_of_date from {{ ref('int_settings') }}

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
    inner join {{ ref('int_explained_metrics') }} as metrics
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
