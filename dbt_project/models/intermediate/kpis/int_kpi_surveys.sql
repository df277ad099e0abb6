-- Satisfaction answers on their date, surveys on the date of sending. Of each person the latest
-- answer of a period makes its Net Promoter Score: whoever answers often is still one voice.

with

signals as (

    select * from {{ ref('int_survey_signals') }}

),

kpis as (

    select * from {{ ref('kpis') }}
    where model = 'int_kpi_surveys'

),

answered_surveys as (

    select sending_id
    from signals
    where sending_id is not null
    group by sending_id

),

signal_rows as (

    select
        kpis.kpi,
        signals.fact_date,
        signals.person_key,
        case kpis.kpi
            when 'csat'
                then case
                    when signals.signal = 'csat' and signals.has_score
                        then cast(signals.answer_group = 'satisfied' as integer)
                end
            when 'survey_response_rate'
                then case when answered_surveys.sending_id is not null then 1 end
        end as numerator,
        case kpis.kpi
            when 'csat' then case when signals.signal = 'csat' and signals.has_score then 1 end
            when 'survey_response_rate' then case when signals.signal = 'survey_sent' then 1 end
        end as denominator
    from signals
    left join answered_surveys on signals.event_id = answered_surveys.sending_id
    cross join kpis

),

latest_answers as (

    {% for grain in period_grains() -%}
    select
        '{{ grain }}' as period_grain,
        {{ period_start('fact_date', grain) }} as period_start,
        person_key,
        max_by(answer_group, (occurred_at, event_id)) as answer_group
    from signals
    where
        signal = 'nps'
        and has_score
    group by
        {{ period_start('fact_date', grain) }},
        person_key
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

answer_rows as (

    select
        kpis.kpi,
        answers.period_grain,
        answers.period_start,
        answers.person_key,
        case kpis.kpi
            when 'nps'
                then case answers.answer_group
                    when 'promoter' then 100
                    when 'detractor' then -100
                    else 0
                end
        end as numerator,
        case kpis.kpi when 'nps' then 1 end as denominator
    from latest_answers as answers
    cross join kpis

),

kpi_rows as (

    {{ union_by_name(['signal_rows', 'answer_rows']) }}

)

select * from kpi_rows
