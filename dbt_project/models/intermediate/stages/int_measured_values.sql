{% set most_signals = 5 %}

-- What each measure of a subject comes to at the as-of date, with the latest of the facts behind
-- it. A measure that counts no fact has no row. Texts of events are looked up for these few facts
-- alone.

with

totals as (

    select
        subject_key,
        metric_no,
        count(*) as facts,
        count(distinct signal_date) as days,
        sum(value) as value_sum,
        min(signal_date) as first_on,
        max(signal_date) as last_on
    from {{ ref('int_explaining_facts') }}
    group by
        subject_key,
        metric_no

),

recent_facts as (

    select *
    from (
        select
            *,
            rank() over (
                partition by subject_key, metric_no order by occurred_at desc
            ) as place
        from {{ ref('int_explaining_facts') }}
    ) as ranked_facts
    where place <= {{ most_signals }}

),

named_facts as (

    select
        recent_facts.subject_key,
        recent_facts.metric_no,
        recent_facts.value,
        recent_facts.source_table || ':' || coalesce(recent_facts.source_id, events.event_id)
            as signal_id,
        row_number() over (
            partition by recent_facts.subject_key, recent_facts.metric_no
            order by
                recent_facts.occurred_at desc,
                recent_facts.source_table desc,
                coalesce(recent_facts.source_id, events.event_id) desc
        ) as place
    from recent_facts
    left join {{ ref('stg_events') }} as events
        on recent_facts.event_row_id = events.raw_row_id

),

latest_facts as (

    select
        subject_key,
        metric_no,
        max(case when place = 1 then value end) as latest_value,
        {{ ordered_list('signal_id', 'place') }} as signals
    from named_facts
    where place <= {{ most_signals }}
    group by
        subject_key,
        metric_no

),

measured_values as (

    select
        totals.*,
        latest_facts.latest_value,
        latest_facts.signals
    from totals
    inner join latest_facts
        on
            totals.subject_key = latest_facts.subject_key
            and totals.metric_no = latest_facts.metric_no

)

select * from measured_values
