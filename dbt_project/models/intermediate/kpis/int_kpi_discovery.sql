-- KPIs of what channels report. Rates count only the rows in which both sides are known.
{%- set dimensions = ['channel'] %}
{%- set spend_known = 'case when spend is not null then ' %}
{%- set impressions_known = 'case when impressions is not null then ' %}

with

sums as (

    {{ kpi_from_facts(
        ref('int_kpi_channel_facts'),
        kpis=[
            {'kpi': 'impressions', 'numerator': 'impressions'},
            {'kpi': 'clicks', 'numerator': 'clicks'},
            {'kpi': 'spend', 'numerator': 'spend', 'is_money': true},
            {
                'kpi': 'click_through_rate',
                'numerator': impressions_known ~ 'clicks end',
                'denominator': 'case when clicks is not null then impressions end',
            },
            {
                'kpi': 'cost_per_click',
                'numerator': 'case when clicks is not null then spend end',
                'denominator': spend_known ~ 'clicks end',
                'is_money': true,
            },
            {
                'kpi': 'cost_per_mille',
                'numerator': impressions_known ~ '1000 * spend end',
                'denominator': spend_known ~ 'impressions end',
                'is_money': true,
            },
            {
                'kpi': 'social_engagement_rate',
                'numerator': impressions_known ~ 'social_interactions end',
                'denominator': 'case when social_interactions is not null then impressions end',
            },
            {'kpi': 'social_interactions', 'numerator': 'social_interactions'},
            {'kpi': 'podcast_downloads', 'numerator': 'podcast_downloads'},
        ],
        dimensions=dimensions,
    ) }}

),

listeners as (

    {{ kpi_from_sets(
        ref('int_kpi_channel_facts'),
        kpis=[
            {'kpi': 'podcast_listeners', 'numerator': 'podcast_listeners', 'aggregate': 'max'},
        ],
        dimensions=dimensions,
        is_dated=true,
    ) }}

),

kpi_rows as (

    select * from sums

    union all

    select * from listeners

    union all

    select
        kpi,
        period_grain,
        period_start,
        dimension,
        dimension_value,
        numerator,
        denominator,
        sample_size,
        last_unit_on,
        mature_on,
        is_missing_rate,
        is_unknown
    from {{ ref('int_kpi_followers') }}

)

select * from kpi_rows
