-- What each channel showed and cost per day. Paid channels cost money, owned ones have followers,
-- and the podcast has downloads; what a channel does not report stays empty.
with

reported_channels as (

    select * from (
        values
        (1, 'google_ads', 'brand_search', 'EUR', 300, 40, 55, true, false, false),
        (2, 'google_ads', 'generic_search', 'EUR', 900, 25, 80, true, false, false),
        (3, 'bing_ads', 'generic_search', 'USD', 200, 20, 60, true, false, false),
        (4, 'meta_ads', 'prospecting', 'EUR', 2500, 9, 45, true, true, false),
        (5, 'instagram', '', null, 1800, 12, 0, false, true, false),
        (6, 'newsletter', 'monthly_letter', 'EUR', 0, 0, 0, false, false, false),
        (7, 'affiliates', 'partners', 'EUR', 150, 30, 70, true, false, false),
        (8, 'podcast', 'host_read', 'GBP', 0, 0, 0, false, false, true)
    ) as listed (
        channel_no, channel, campaign, currency, daily_views, clicks_per_mille, click_cents,
        is_paid, is_social, is_podcast
    )

),

channel_days as (

    select
        days.day_no,
        reported_channels.*,
        cast(getvariable('start_date') as date) + cast(days.day_no as integer) as date,
        reported_channels.channel_no * 100000 + days.day_no as day_key
    from range(0, getvariable('days')) as days (day_no)
    cross join reported_channels

),

shown_days as (

    select
        *,
        -- Budgets follow the seasons and the size of the shop (400 customers: factor 1).
        whole(
            daily_views
            * (getvariable('customers') / 400.0)
            * [74, 76, 80, 82, 84, 78, 68, 66, 82, 88, 100, 100][month(date)] / 100.0
            * (0.7 + 0.6 * share(day_key, 260))
        ) as impressions
    from channel_days

),

clicked_days as (

    select
        *,
        impressions * (clicks_per_mille * 6 + draw(day_key, 261, clicks_per_mille * 8 + 1))
            // 10000 as clicks
    from shown_days

)

select
    date,
    channel,
    campaign,
    if(daily_views = 0, null, impressions) as impressions,
    if(daily_views = 0, null, impressions * (60 + draw(day_key, 262, 20)) // 100) as reach,
    if(daily_views = 0, null, clicks) as clicks,
    case
        when is_paid then money(clicks * click_cents)
        -- Sponsored episodes and the letter's software are paid per week.
        when is_podcast and day_no % 7 = 0
            then money(whole(12000 * getvariable('customers') / 400.0))
        when channel = 'newsletter' and day_no % 30 = 3
            then money(whole(4000 * getvariable('customers') / 400.0))
    end as spend,
    if(
        is_paid or (is_podcast and day_no % 7 = 0)
        or (channel = 'newsletter' and day_no % 30 = 3),
        currency,
        null
    ) as currency,
    if(
        is_social,
        whole(getvariable('customers') * (0.8 + day_no * (0.001 + channel_no * 0.0002)))
            + draw(day_key, 263, 5),
        null
    ) as followers,
    if(is_social, impressions * (8 + draw(day_key, 264, 20)) // 1000, null) as likes,
    if(is_social, impressions * (1 + draw(day_key, 265, 4)) // 1000, null) as comments,
    if(is_social, impressions * draw(day_key, 266, 4) // 1000, null) as shares,
    if(
        is_podcast,
        whole(getvariable('customers') * 0.05 * (0.5 + share(day_key, 267)))
            + if(day_no % 7 = 0, 20, 0),
        null
    ) as podcast_downloads,
    if(
        is_podcast,
        whole(getvariable('customers') * 0.03 * (0.5 + share(day_key, 267))) + 5,
        null
    ) as podcast_listeners,
    if(daily_views = 0, null, clicks * 9 // 10) as sessions
from clicked_days
order by date, channel, campaign
