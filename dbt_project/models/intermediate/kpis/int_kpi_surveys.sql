-- KPIs of surveys: answers on their date, the response rate on the date of sending.

with

sums as (

    {{ kpi_from_facts(
        ref('int_kpi_survey_facts'),
        kpis=[
            {'kpi': 'csat', 'numerator': 'satisfied_answers', 'denominator': 'csat_answers'},
            {
                'kpi': 'survey_response_rate',
                'numerator': 'answered_surveys',
                'denominator': 'surveys',
            },
        ],
        dimensions=['country', 'health', 'account'],
    ) }}

),

scores as (

    {{ kpi_from_sets(
        ref('int_kpi_survey_sets'),
        kpis=[
            {
                'kpi': 'nps',
                'numerator': 'case when score >= 9 then 100 when score <= 6 then -100 else 0 end',
                'denominator': '1',
            },
        ],
        dimensions=['country', 'account'],
    ) }}

),

kpi_rows as (

    select * from sums

    union all

    select * from scores

)

select * from kpi_rows
