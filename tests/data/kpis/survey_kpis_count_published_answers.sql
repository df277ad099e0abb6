-- Told again from the published answers: each answer about satisfaction, and for the Net Promoter
-- Score the latest answer of each person in the month.
with

ranked_answers as (

    select
        survey,
        answer_group,
        answered_on,
        {{ period_start('answered_on', 'month') }} as month,
        row_number() over (
            partition by survey, subject_id, {{ period_start('answered_on', 'month') }}
            order by answered_at desc, answer_id desc
        ) as answers_since
    from {{ ref('survey_answers') }}
    where answer_group <> 'not_counted'

),

counted_answers as (

    select
        'csat' as kpi,
        'day' as period_grain,
        answered_on as period_start,
        count(*) filter (where answer_group = 'satisfied') as numerator,
        count(*) as denominator
    from ranked_answers
    where survey = 'csat'
    group by answered_on

    union all

    select
        'nps' as kpi,
        'month' as period_grain,
        month as period_start,
        100 * (
            count(*) filter (where answer_group = 'promoter')
            - count(*) filter (where answer_group = 'detractor')
        ) as numerator,
        count(*) as denominator
    from ranked_answers
    where
        survey = 'nps'
        and answers_since = 1
    group by month

)

select
    kpi_values.kpi,
    kpi_values.period_start,
    kpi_values.numerator,
    kpi_values.denominator,
    counted_answers.numerator as counted_numerator,
    counted_answers.denominator as counted_denominator
from {{ ref('kpi_values') }} as kpi_values
left join counted_answers
    on
        kpi_values.kpi = counted_answers.kpi
        and kpi_values.period_grain = counted_answers.period_grain
        and kpi_values.period_start = counted_answers.period_start
where
    (kpi_values.kpi, kpi_values.period_grain) in (('csat', 'day'), ('nps', 'month'))
    and kpi_values.dimension = 'all'
    and kpi_values.status <> 'no_input'
    and (
        kpi_values.numerator <> coalesce(counted_answers.numerator, 0)
        or kpi_values.denominator <> coalesce(counted_answers.denominator, 0)
    )
