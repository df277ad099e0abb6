-- Rows of one key in one file are parts of one report and add up: those of the last file stand.
-- stg_channel_daily adds them; the parts after the first are counted here, so that every row is
-- accounted for.

with

deliveries as (

    {{ deliveries('channel_daily') }}

),

judged_rows as (

    select
        raw_rows.raw_row_id,
        raw_rows.date,
        raw_rows.channel,
        raw_rows.campaign,
        raw_rows.currency,
        raw_rows.row_hash,
        deliveries.file_place,
        case
            when raw_rows.date > raw_rows.loaded_at + interval 24 hours then 'future'
        end as reason
    from ({{ raw_rows('channel_daily') }}) as raw_rows
    left join deliveries
        on raw_rows.row_hash = deliveries.row_hash

),

standing_rows as (

    select
        raw_row_id,
        date,
        channel,
        campaign,
        file_place < max(file_place) over (partition by date, channel, campaign) as is_superseded,
        row_number() over (
            partition by date, channel, campaign, currency
            order by
                file_place desc nulls last,
                row_hash desc,
                raw_row_id asc
        ) as place
    from judged_rows
    where reason is null

),

filtered_rows as (

    select
        raw_row_id,
        date,
        channel,
        campaign,
        reason
    from judged_rows
    where reason is not null

    union all

    select
        raw_row_id,
        date,
        channel,
        campaign,
        case
            when is_superseded then 'superseded'
            else 'added_to_another_part'
        end as reason
    from standing_rows
    where
        is_superseded
        or place > 1

)

select * from filtered_rows
