with

raw_rows as (

    {{ raw_rows('channel_daily') }}

),

accepted_rows as (

    select
        raw_rows.date,
        raw_rows.channel,
        raw_rows.campaign,
        raw_rows.impressions,
        raw_rows.reach,
        raw_rows.clicks,
        raw_rows.spend,
        raw_rows.currency,
        raw_rows.followers,
        raw_rows.likes,
        raw_rows.comments,
        raw_rows.shares,
        raw_rows.podcast_downloads,
        raw_rows.podcast_listeners,
        raw_rows.sessions
    from raw_rows
    left join {{ ref('filtered_channel_daily') }} as filtered
        on raw_rows.raw_row_id = filtered.raw_row_id
    where filtered.raw_row_id is null

)

select * from accepted_rows
