-- Of rows given twice the one with the highest content hash stands.

with

judged_rows as (

    select
        raw_rows.raw_row_id,
        raw_rows.date,
        raw_rows.channel,
        raw_rows.campaign,
        case
            when raw_rows.date > raw_rows.loaded_at + interval 24 hours then 'future'
        end as reason
    from ({{ raw_rows('channel_daily') }}) as raw_rows

),

rejected_rows as (

    select * from judged_rows where reason is not null

),

contested_rows as (

    select
        raw_rows.raw_row_id,
        raw_rows.date,
        raw_rows.channel,
        raw_rows.campaign,
        row_number() over (
            partition by raw_rows.date, raw_rows.channel, raw_rows.campaign
            order by
                raw_rows.row_hash desc,
                raw_rows.raw_row_id asc
        ) as place
    from ({{ raw_rows('channel_daily') }}) as raw_rows
    where
        {{ key_hash(['raw_rows.date', 'raw_rows.channel', 'raw_rows.campaign']) }} in (
            {{ repeated_keys('channel_daily', ['date', 'channel', 'campaign']) }}
        )
        and raw_rows.raw_row_id not in (select rejected_rows.raw_row_id from rejected_rows)

),

filtered_rows as (

    select * from rejected_rows

    union all

    select
        raw_row_id,
        date,
        channel,
        campaign,
        'superseded' as reason
    from contested_rows
    where place > 1

)

select * from filtered_rows
