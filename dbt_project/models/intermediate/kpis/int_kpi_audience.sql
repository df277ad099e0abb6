-- KPIs of people: who came, who came first, who left a contact. Stickiness is the mean over the
-- days of the month between the first fact and the as-of date.
{%- set dimensions = ['country', 'account'] %}

with

firsts as (

    {{ kpi_from_facts(
        ref('int_kpi_audience_facts'),
        kpis=[
            {'kpi': 'new_visitors', 'numerator': 'new_visitors'},
            {'kpi': 'lead_count', 'numerator': 'leads'},
        ],
        dimensions=dimensions,
    ) }}

),

people as (

    {{ kpi_from_sets(
        ref('int_kpi_audience_sets'),
        kpis=[
            {'kpi': 'visitors', 'numerator': 'visitors'},
            {'kpi': 'active_users', 'numerator': '1'},
        ],
        dimensions=dimensions,
    ) }}

),

person_days as (

    {{ kpi_from_sets(
        ref('int_kpi_audience_sets'),
        kpis=[{'kpi': 'stickiness', 'numerator': 'active_days', 'denominator': '1'}],
        dimensions=dimensions,
        grains=['month'],
    ) }}

),

month_lengths as (

    select
        {{ period_start('period_start', 'month') }} as month,
        count(*) as days
    from {{ ref('int_periods') }}
    where period_grain = 'day'
    group by {{ period_start('period_start', 'month') }}

),

daily_means as (

    select
        person_days.kpi,
        person_days.period_grain,
        person_days.period_start,
        person_days.dimension,
        person_days.dimension_value,
        cast(
            round({{ exact_ratio('person_days.numerator', 'month_lengths.days') }}, 4)
            as decimal(38, 4)
        ) as numerator,
        person_days.denominator,
        person_days.sample_size,
        person_days.last_unit_on,
        person_days.mature_on,
        person_days.is_missing_rate,
        person_days.is_unknown
    from person_days
    inner join month_lengths on person_days.period_start = month_lengths.month

),

kpi_rows as (

    select * from firsts

    union all

    select * from people

    union all

    select * from daily_means

)

select * from kpi_rows
