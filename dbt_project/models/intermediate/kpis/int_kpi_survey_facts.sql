-- Satisfaction answers on their date, surveys sent on theirs.

with

signals as (

    select * from {{ ref('int_survey_signals') }}

),

answered_surveys as (

    select sending_id
    from signals
    where sending_id is not null
    group by sending_id

),

facts as (

    select
        signals.fact_date,
        signals.person_key,
        case when signals.signal = 'csat' and signals.has_score then 1 end as csat_answers,
        case
            when signals.signal = 'csat' and signals.has_score
                then case when signals.score >= 4 then 1 else 0 end
        end as satisfied_answers,
        case when signals.signal = 'survey_sent' then 1 end as surveys,
        case when answered_surveys.sending_id is not null then 1 end as answered_surveys
    from signals
    left join answered_surveys on signals.event_id = answered_surveys.sending_id

)

select * from facts
