-- The last known followers of each channel over time. Followers belong to the channel, not to a
-- campaign: where several campaigns of a day state them, the largest number is the channel's.

with

daily_stocks as (

    select
        reported_channel,
        channel,
        fact_date,
        max(followers) as followers
    from {{ ref('int_channel_reports') }}
    where followers is not null
    group by
        reported_channel,
        channel,
        fact_date

),

stocks as (

    select
        reported_channel,
        channel,
        fact_date,
        fact_date as valid_from,
        lead(fact_date) over channel_days as valid_to,
        followers,
        followers - lag(followers) over channel_days as followers_change
    from daily_stocks
    window channel_days as (partition by reported_channel order by fact_date)

)

select * from stocks
