-- KPIs of each stage of each framework. The dimension is the framework, the slice the stage.
{%- set names = {'stage': "'stage:' || framework"} %}

with

stage_spans as (

    select
        framework,
        subject_key as person_key,
        stage,
        began_on as valid_from,
        ended_on as valid_to
    from {{ ref('int_stage_stays') }}

),

stocks as (

    {{ kpi_from_spans(
        'stage_spans',
        kpis=[{'kpi': 'stage_population', 'numerator': '1'}],
        dimensions=['stage'],
        names=names,
    ) }}

),

flows as (

    {{ kpi_from_facts(
        ref('int_kpi_stage_facts'),
        kpis=[
            {'kpi': 'stage_entries', 'numerator': 'entries'},
            {'kpi': 'stage_exits', 'numerator': 'exits'},
            {
                'kpi': 'stage_conversion_rate_90d',
                'numerator': 'advanced_stays',
                'denominator': 'stays',
            },
        ],
        dimensions=['stage'],
        names=names,
    ) }}

),

medians as (

    select
        'median_days_in_stage' as kpi,
        period_grain,
        period_start,
        'stage:' || framework as dimension,
        stage as dimension_value,
        cast(median_days as decimal(38, 4)) as numerator,
        cast(null as decimal(38, 4)) as denominator,
        stays as sample_size,
        cast(null as date) as last_unit_on,
        cast(null as date) as mature_on,
        false as is_missing_rate,
        false as is_unknown
    from {{ ref('int_stage_medians') }}

),

kpi_rows as (

    select * from stocks

    union all

    select * from flows

    union all

    select * from medians

)

select * from kpi_rows
