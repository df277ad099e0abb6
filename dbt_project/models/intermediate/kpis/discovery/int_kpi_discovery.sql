-- KPIs of what channels report. Rates count only the rows in which both sides are known. Followers
-- are unknown until the first number, their change until there is a number to compare with.
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

follower_changes as (

    {{ kpi_from_facts(
        ref('int_follower_stocks'),
        kpis=[{'kpi': 'net_new_followers', 'numerator': 'followers_change'}],
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

follower_stocks as (

    {{ kpi_from_spans(
        ref('int_follower_stocks'),
        kpis=[{'kpi': 'followers', 'numerator': 'followers'}],
        dimensions=dimensions,
    ) }}

),

follower_rows as (

    select * from follower_changes

    union all

    select * from follower_stocks

),

first_stock as (

    select
        min(stocks.fact_date) as first_on,
        max(settings.as_of_date) as as_of_date
    from {{ ref('int_settings') }} as settings
    left join {{ ref('int_follower_stocks') }} as stocks on true

),

-- On the first day there are followers, but nothing to compare them with.
judged_followers as (

    select
        follower_rows.* exclude (is_unknown),
        coalesce(
            first_stock.first_on
            + case follower_rows.kpi when 'net_new_followers' then 1 else 0 end
            > least({{ add_days('periods.period_end', -1) }}, first_stock.as_of_date),
            true
        ) as is_unknown
    from follower_rows
    inner join {{ ref('int_periods') }} as periods
        on
            follower_rows.period_grain = periods.period_grain
            and follower_rows.period_start = periods.period_start
    cross join first_stock

),

kpi_rows as (

    select * from sums

    union all

    select * from listeners

    union all

    select * from judged_followers

)

select * from kpi_rows
