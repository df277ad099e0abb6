-- What channels report by day and campaign, up to the as-of date, under the channel that the seed
-- channel_map gives them. Spend is converted at its own day's rate; without one it is 0 here and
-- is_missing_rate says that it is unknown.

with

settings as (

    select * from {{ ref('int_settings') }}

),

channel_days as (

    select
        channel_daily.*,
        {{ channel_name('exact_channels', 'source_channels') }} as mapped_channel,
        case
            when channel_daily.currency is null then 1
            when channel_daily.currency = settings.reporting_currency then 1
            else rates.rate
        end as rate
    from {{ ref('stg_channel_daily') }} as channel_daily
    cross join settings
    left join {{ ref('int_daily_rates') }} as rates
        on
            channel_daily.currency = rates.currency
            and channel_daily.date = rates.date
    {{ channel_joins(
        'channel_daily.channel', "''", 'exact_channels', 'source_channels',
    ) }}
    where channel_daily.date <= settings.as_of_date

),

-- Parts in several currencies make one report.
report_totals as (

    select
        date,
        channel,
        coalesce(campaign, '') as campaign,
        min(mapped_channel) as mapped_channel,
        bool_or(spend is not null and rate is null) as is_missing_rate,
        sum(cast(round(coalesce(spend * rate, 0 * spend), 4) as decimal(18, 4))) as spend,
        sum(impressions) as impressions,
        sum(reach) as reach,
        sum(clicks) as clicks,
        sum(likes) as likes,
        sum(comments) as comments,
        sum(shares) as shares,
        sum(followers) as followers,
        sum(podcast_downloads) as podcast_downloads,
        sum(podcast_listeners) as podcast_listeners
    from channel_days
    group by
        date,
        channel,
        coalesce(campaign, '')

),

facts as (

    select
        date as fact_date,
        channel as reported_channel,
        campaign,
        mapped_channel as channel,
        is_missing_rate,
        impressions,
        reach,
        clicks,
        case
            when is_missing_rate then 0
            else spend
        end as spend,
        case
            when coalesce(likes, comments, shares) is not null
                then coalesce(likes, 0) + coalesce(comments, 0) + coalesce(shares, 0)
        end as social_interactions,
        followers,
        podcast_downloads,
        podcast_listeners
    from report_totals

)

select * from facts
