-- Of rates given twice the one of the last file stands; a tie goes to the highest content hash.
-- The second best says `superseded_without_time` where no time decided: one row per such key.

with

deliveries as (

    {{ deliveries('exchange_rates') }}

),

judged_rows as (

    select
        raw_rows.raw_row_id,
        raw_rows.date,
        raw_rows.currency,
        case
            when raw_rows.date > raw_rows.loaded_at + interval 24 hours then 'future'
        end as reason
    from ({{ raw_rows('exchange_rates') }}) as raw_rows

),

rejected_rows as (

    select * from judged_rows where reason is not null

),

contested_rows as (

    select
        raw_rows.raw_row_id,
        raw_rows.date,
        raw_rows.currency,
        raw_rows.row_hash
    from ({{ raw_rows('exchange_rates') }}) as raw_rows
    where
        {{ key_hash(['raw_rows.date', 'raw_rows.currency']) }} in (
            {{ repeated_keys('exchange_rates', ['date', 'currency']) }}
        )
        and raw_rows.raw_row_id not in (select rejected_rows.raw_row_id from rejected_rows)

),

ranked_rows as (

    select
        contested_rows.*,
        row_number() over (
            partition by contested_rows.date, contested_rows.currency
            order by
                deliveries.file_place desc nulls last,
                contested_rows.row_hash desc,
                contested_rows.raw_row_id asc
        ) as place
    from contested_rows
    left join deliveries
        on contested_rows.row_hash = deliveries.row_hash

),

filtered_rows as (

    select * from rejected_rows

    union all

    select
        raw_row_id,
        date,
        currency,
        case when place = 2 then 'superseded_without_time' else 'superseded' end as reason
    from ranked_rows
    where place > 1

)

select * from filtered_rows
