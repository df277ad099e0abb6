-- Of rates given twice the one with the highest content hash stands.

with

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
        row_number() over (
            partition by raw_rows.date, raw_rows.currency
            order by
                raw_rows.row_hash desc,
                raw_rows.raw_row_id asc
        ) as place
    from ({{ raw_rows('exchange_rates') }}) as raw_rows
    where
        {{ key_hash(['raw_rows.date', 'raw_rows.currency']) }} in (
            {{ repeated_keys('exchange_rates', ['date', 'currency']) }}
        )
        and raw_rows.raw_row_id not in (select rejected_rows.raw_row_id from rejected_rows)

),

filtered_rows as (

    select * from rejected_rows

    union all

    select
        raw_row_id,
        date,
        currency,
        'superseded' as reason
    from contested_rows
    where place > 1

)

select * from filtered_rows
