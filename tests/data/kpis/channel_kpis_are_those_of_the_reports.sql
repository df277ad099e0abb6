-- Told again, month by month, from the staged reports of channels; a rate counts the reports in
-- which both of its numbers are known.
with

-- Parts in several currencies are one report.
report_totals as (

    select
        date,
        channel,
        campaign,
        sum(impressions) as impressions,
        sum(reach) as reach,
        sum(clicks) as clicks,
        sum(spend) as spend,
        sum(likes) as likes,
        sum(comments) as comments,
        sum(shares) as shares,
        sum(podcast_downloads) as podcast_downloads,
        sum(podcast_listeners) as podcast_listeners
    from {{ ref('stg_channel_daily') }}
    group by
        date,
        channel,
        campaign

),

reports as (

    select
        channel_daily.*,
        {{ period_start('channel_daily.date', 'month') }} as period_start,
        coalesce(channel_daily.likes, channel_daily.comments, channel_daily.shares) is not null
            as has_interactions,
        coalesce(channel_daily.likes, 0)
        + coalesce(channel_daily.comments, 0)
        + coalesce(channel_daily.shares, 0) as interactions
    from report_totals as channel_daily
    inner join {{ ref('int_settings') }} as settings
        on channel_daily.date <= settings.as_of_date

),

expected_values as (

    select
        'click_through_rate' as kpi,
        period_start,
        sum(clicks) as numerator,
        sum(impressions) as denominator
    from reports
    where clicks + impressions is not null
    group by period_start

    union all

    select
        'cost_per_click' as kpi,
        period_start,
        null as numerator,
        sum(clicks) as denominator
    from reports
    where spend is not null and clicks is not null
    group by period_start

    union all

    select
        'cost_per_mille' as kpi,
        period_start,
        null as numerator,
        sum(impressions) as denominator
    from reports
    where spend is not null and impressions is not null
    group by period_start

    union all

    select
        'podcast_downloads' as kpi,
        period_start,
        sum(podcast_downloads) as numerator,
        null as denominator
    from reports
    where podcast_downloads is not null
    group by period_start

    union all

    select
        'podcast_listeners' as kpi,
        period_start,
        max(podcast_listeners) as numerator,
        null as denominator
    from reports
    where podcast_listeners is not null
    group by period_start

    union all

    select
        'reach' as kpi,
        period_start,
        max(reach) as numerator,
        null as denominator
    from (
        select
            period_start,
            date,
            sum(reach) as reach
        from reports
        where reach is not null
        group by
            period_start,
            date
    ) as days
    group by period_start

    union all

    select
        'social_interactions' as kpi,
        period_start,
        sum(interactions) as numerator,
        null as denominator
    from reports
    where has_interactions
    group by period_start

    union all

    select
        'social_engagement_rate' as kpi,
        period_start,
        sum(interactions) as numerator,
        sum(impressions) as denominator
    from reports
    where has_interactions and impressions is not null
    group by period_start

),

told_values as (

    select
        kpi_values.kpi,
        kpi_values.period_start,
        kpi_values.numerator,
        kpi_values.denominator,
        expected_values.numerator as expected_numerator,
        expected_values.denominator as expected_denominator
    from {{ ref('kpi_values') }} as kpi_values
    inner join expected_values
        on
            kpi_values.kpi = expected_values.kpi
            and kpi_values.period_start = expected_values.period_start
    where
        kpi_values.period_grain = 'month'
        and kpi_values.dimension = 'all'

),

last_followers as (

    select
        months.period_start,
        sum(stocks.followers) as followers
    from {{ ref('int_periods') }} as months
    inner join {{ ref('int_follower_stocks') }} as stocks
        on
            months.period_end > stocks.valid_from
            and months.period_end <= coalesce(stocks.valid_to, cast('9999-12-31' as date))
    where months.period_grain = 'month'
    group by months.period_start

)

select *
from told_values
where
    numerator <> expected_numerator
    or denominator <> expected_denominator

union all

select
    kpi_values.kpi,
    kpi_values.period_start,
    kpi_values.numerator,
    kpi_values.denominator,
    last_followers.followers as expected_numerator,
    null as expected_denominator
from {{ ref('kpi_values') }} as kpi_values
inner join last_followers on kpi_values.period_start = last_followers.period_start
where
    kpi_values.kpi = 'followers'
    and kpi_values.period_grain = 'month'
    and kpi_values.dimension = 'all'
    and kpi_values.numerator <> last_followers.followers
