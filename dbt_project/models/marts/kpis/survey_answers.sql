-- Every answer to a survey with its reading: what a score means on its scale, and which survey it
-- answers.

with

signals as (

    select * from {{ ref('int_survey_signals') }}

),

survey_answers as (

    select
        answers.event_id as answer_id,
        persons.person_id as subject_id,
        answers.signal as survey,
        answers.fact_date as answered_on,
        answers.occurred_at as answered_at,
        answers.score,
        answers.answer_group,
        answers.sending_id,
        sendings.fact_date as sent_on
    from signals as answers
    inner join {{ ref('int_persons') }} as persons on answers.person_key = persons.person_key
    left join signals as sendings on answers.sending_id = sendings.event_id
    where answers.signal in ('nps', 'csat')

)

select * from survey_answers
