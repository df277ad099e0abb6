-- Everything that happened to each customer, as rows people can read, each with the raw row or the
-- interval of the history that it comes from. Over 120 lines, since each kind of row is a select of
-- its own.

with

customers as (

    select * from {{ ref('int_customers') }}

),

-- What repeats another fact or only makes the engine run is left out.
kinds as (

    select
        signal_names.signal_no,
        signal_names.signal as kind,
        coalesce(labels.one, replace(signal_names.signal, '_', ' ')) as label,
        coalesce(labels.one_it, replace(signal_names.signal, '_', ' ')) as label_it
    from {{ ref('int_signal_names') }} as signal_names
    left join {{ ref('signal_labels') }} as labels on signal_names.signal = labels.signal
    where signal_names.signal not in ('any', 'purchase', 'revenue', 'open_order', 'subscribed')

),

-- Without a select of its own the engine reads every column of the events.
event_ids as (

    select
        raw_row_id,
        event_id
    from {{ ref('stg_events') }}

),

-- A session goes by its first event.
signal_rows as (

    select
        customers.subject_id,
        facts.occurred_at,
        kinds.kind,
        kinds.label,
        kinds.label_it,
        facts.value,
        case when facts.source_table = 'sessions' then 'events' else facts.source_table end
            as source_table,
        coalesce(facts.source_id, event_ids.event_id) as source_id
    from {{ ref('int_person_signals') }} as facts
    inner join customers on facts.person_key = customers.person_key
    inner join kinds on facts.signal_no = kinds.signal_no
    left join event_ids on facts.event_row_id = event_ids.raw_row_id

),

intervals as (

    select
        customers.subject_id,
        {{ day_start('history.valid_from') }} as occurred_at,
        history.stage,
        history.framework,
        history.health,
        history.movement <> 'health_only' as is_new_stage,
        history.health <> coalesce(history.previous_health, 'prospect') as is_new_health,
        'lifecycle_history' as source_table,
        history.framework || ':' || history.valid_from as source_id
    from {{ ref('lifecycle_history') }} as history
    inner join {{ ref('frameworks') }} as frameworks
        on history.framework = frameworks.framework
    inner join customers on history.subject_id = customers.subject_id
    where frameworks.is_default

),

stage_rows as (

    select
        intervals.subject_id,
        intervals.occurred_at,
        'stage' as kind,
        stages.label,
        stages.label_it,
        cast(null as decimal(18, 4)) as value,
        intervals.source_table,
        intervals.source_id
    from intervals
    inner join {{ ref('framework_stages') }} as stages
        on
            intervals.stage = stages.stage
            and intervals.framework = stages.framework
    where intervals.is_new_stage

),

health_rows as (

    select
        intervals.subject_id,
        intervals.occurred_at,
        'health' as kind,
        labels.label,
        labels.label_it,
        cast(null as decimal(18, 4)) as value,
        intervals.source_table,
        intervals.source_id
    from intervals
    inner join {{ ref('health_labels') }} as labels on intervals.health = labels.health
    where intervals.is_new_health

),

timeline as (

    select * from signal_rows

    union all

    select * from stage_rows

    union all

    select * from health_rows

)

select * from timeline
