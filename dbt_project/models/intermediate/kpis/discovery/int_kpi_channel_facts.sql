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

facts as (

    select
        date as fact_date,
        cast(null as bigint) as person_key,
        channel as reported_channel,
        coalesce(campaign, '') as campaign,
        mapped_channel as channel,
        spend is not null and rate is null as is_missing_rate,
        impressions,
        clicks,
        case
            when spend is not null then cast(round(coalesce(spend * rate, 0), 4) as decimal(18, 4))
        end as spend,
        case
            when coalesce(likes, comments, shares) is not null
                then coalesce(likes, 0) + coalesce(comments, 0) + coalesce(shares, 0)
        end as social_interactions,
        followers,
        podcast_downloads,
        podcast_listeners
    from channel_days

)

select * from facts
