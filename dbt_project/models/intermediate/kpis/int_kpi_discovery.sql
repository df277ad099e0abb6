-- What channels report, on the day reported; rates count only the rows in which both sides are
-- known. Followers stand from one number to the next.

with

kpis as (

    select * from {{ ref('kpis') }}
    where model = 'int_kpi_discovery'

),

report_rows as (

    select
        kpis.kpi,
        reports.fact_date,
        reports.channel,
        cast(
            case kpis.kpi
                when 'impressions' then reports.impressions
                when 'clicks' then reports.clicks
                when 'spend' then reports.spend
                when 'click_through_rate'
                    then case when reports.impressions is not null then reports.clicks end
                when 'cost_per_click'
                    then case when reports.clicks is not null then reports.spend end
                when 'cost_per_mille'
                    then case when reports.impressions is not null then 1000 * reports.spend end
                when 'social_interactions' then reports.social_interactions
                when 'social_engagement_rate'
                    then case
                        when reports.impressions is not null then reports.social_interactions
                    end
                when 'podcast_downloads' then reports.podcast_downloads
                when 'reach' then reports.reach
            end as decimal(28, 10)
        ) as numerator,
        cast(
            case kpis.kpi
                when 'click_through_rate'
                    then case when reports.clicks is not null then reports.impressions end
                when 'cost_per_click'
                    then case when reports.spend is not null then reports.clicks end
                when 'cost_per_mille'
                    then case when reports.spend is not null then reports.impressions end
                when 'social_engagement_rate'
                    then case
                        when reports.social_interactions is not null then reports.impressions
                    end
            end as decimal(28, 10)
        ) as denominator,
        reports.is_missing_rate
        and kpis.kpi in ('spend', 'cost_per_click', 'cost_per_mille') as is_missing_rate
    from {{ ref('int_channel_reports') }} as reports
    cross join kpis

),

largest_rows as (

    select
        kpis.kpi,
        reports.fact_date as ranked_on,
        reports.channel,
        cast(reports.podcast_listeners as decimal(28, 10)) as numerator
    from {{ ref('int_channel_reports') }} as reports
    cross join kpis
    where kpis.kpi = 'podcast_listeners'

),

change_rows as (

    select
        kpis.kpi,
        stocks.fact_date,
        stocks.channel,
        cast(
            case kpis.kpi when 'net_new_followers' then stocks.followers_change end
            as decimal(28, 10)
        ) as numerator
    from {{ ref('int_follower_stocks') }} as stocks
    cross join kpis

),

stock_rows as (

    select
        kpis.kpi,
        stocks.valid_from,
        stocks.valid_to,
        stocks.channel,
        cast(
            case kpis.kpi when 'followers' then stocks.followers end
            as decimal(28, 10)
        ) as numerator
    from {{ ref('int_follower_stocks') }} as stocks
    cross join kpis

),

kpi_rows as (

    {{ union_by_name(['report_rows', 'largest_rows', 'change_rows', 'stock_rows']) }}

)

select * from kpi_rows
