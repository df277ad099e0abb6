-- Surveys sent and answers given. An answer belongs to the latest survey sent to its person by
-- then, if that was at most 30 days before; a score counts if it is a whole number of its scale.

with

survey_signals as (

    select
        events.event_id,
        signals.person_key,
        signals.signal,
        signals.signal = 'survey_sent' as is_sending,
        signals.signal_date as fact_date,
        signals.occurred_at,
        signals.value
    from {{ ref('int_dated_signals') }} as signals
    inner join {{ ref('stg_events') }} as events on signals.event_row_id = events.raw_row_id
    where signals.signal in ('survey_sent', 'nps', 'csat')

),

placed_signals as (

    select
        *,
        last_value(case when is_sending then event_id end ignore nulls) over so_far as latest_id,
        last_value(case when is_sending then fact_date end ignore nulls) over so_far as latest_on
    from survey_signals
    window so_far as (
        partition by person_key
        order by occurred_at, case when is_sending then 0 else 1 end, event_id
        rows between unbounded preceding and current row
    )

),

attributed_signals as (

    select
        event_id,
        person_key,
        signal,
        fact_date,
        occurred_at,
        value as score,
        case
            when value is null or value <> trunc(value) then false
            when signal = 'nps' then value between 0 and 10
            when signal = 'csat' then value between 1 and 5
            else false
        end as has_score,
        case
            when not is_sending and fact_date <= {{ add_days('latest_on', 30) }} then latest_id
        end as sending_id
    from placed_signals

)

select * from attributed_signals
