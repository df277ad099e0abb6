-- Surveys sent and answers given. An answer belongs to the latest survey sent to its person by
-- then, if that was not too long ago; a score counts if it is a whole number of its scale.

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
    from {{ ref('int_person_signals_by_name') }} as signals
    inner join {{ ref('stg_events') }} as events on signals.event_row_id = events.raw_row_id
    where signals.signal in ('survey_sent', 'nps', 'csat')

),

placed_signals as (

    select
        *,
        {{ ignoring_nulls('last_value', 'case when is_sending then event_id end') }} over so_far
            as latest_id,
        {{ ignoring_nulls('last_value', 'case when is_sending then fact_date end') }} over so_far
            as latest_on
    from survey_signals
    window so_far as (
        partition by person_key
        order by occurred_at, case when is_sending then 0 else 1 end, event_id
        rows between unbounded preceding and current row
    )

),

read_signals as (

    select
        placed_signals.*,
        case
            when placed_signals.value <> floor(placed_signals.value) then false
            when placed_signals.signal = 'nps' then placed_signals.value between 0 and 10
            when placed_signals.signal = 'csat' then placed_signals.value between 1 and 5
        end as has_score,
        case
            when
                not placed_signals.is_sending
                and placed_signals.fact_date
                <= {{ add_days('placed_signals.latest_on', 'windows.survey_answer_days') }}
                then placed_signals.latest_id
        end as sending_id,
        case
            when placed_signals.signal = 'csat'
                then case
                    when placed_signals.value >= windows.csat_satisfied_from then 'satisfied'
                    else 'not_satisfied'
                end
            when placed_signals.value >= windows.nps_promoter_from then 'promoter'
            when placed_signals.value >= windows.nps_passive_from then 'passive'
            else 'detractor'
        end as score_group
    from placed_signals
    cross join {{ ref('int_kpi_windows') }} as windows

),

survey_readings as (

    select
        event_id,
        person_key,
        signal,
        fact_date,
        occurred_at,
        value as score,
        coalesce(has_score, false) as has_score,
        case when has_score then score_group else 'not_counted' end as answer_group,
        sending_id
    from read_signals

)

select * from survey_readings
