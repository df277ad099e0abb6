-- Told again from the published answers: a survey is answered on the day of its sending, once.
with

answered_surveys as (

    select
        sent_on,
        count(distinct sending_id) as surveys
    from {{ ref('survey_answers') }}
    where sending_id is not null
    group by sent_on

),

sent_surveys as (

    select
        facts.signal_date,
        count(*) as surveys
    from {{ ref('int_person_signals') }} as facts
    inner join {{ ref('int_signal_names') }} as names on facts.signal_no = names.signal_no
    where names.signal = 'survey_sent'
    group by facts.signal_date

)

select
    kpi_values.period_start,
    kpi_values.numerator,
    kpi_values.denominator,
    answered_surveys.surveys as answered_surveys,
    sent_surveys.surveys as sent_surveys
from {{ ref('kpi_values') }} as kpi_values
left join answered_surveys on kpi_values.period_start = answered_surveys.sent_on
left join sent_surveys on kpi_values.period_start = sent_surveys.signal_date
where
    kpi_values.kpi = 'survey_response_rate'
    and kpi_values.period_grain = 'day'
    and kpi_values.dimension = 'all'
    and kpi_values.status <> 'no_input'
    and (
        kpi_values.numerator <> coalesce(answered_surveys.surveys, 0)
        or kpi_values.denominator <> coalesce(sent_surveys.surveys, 0)
    )
