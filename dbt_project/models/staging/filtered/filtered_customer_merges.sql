-- A customer merges once: the latest merge stands. One dated after identity_as_of is not known yet,
-- so it takes no earlier one's place. A tie goes to the highest content hash.

with

judged_rows as (

    select
        raw_rows.raw_row_id,
        raw_rows.from_customer_id,
        case
            when raw_rows.merged_at > raw_rows.loaded_at + interval 24 hours then 'future'
            when
                {{ known_id('raw_rows.from_customer_id') }} is null
                or {{ known_id('raw_rows.into_customer_id') }} is null
                then 'no_identity'
        end as reason
    from ({{ raw_rows('customer_merges') }}) as raw_rows

),

rejected_rows as (

    select * from judged_rows where reason is not null

),

contested_rows as (

    select
        raw_rows.raw_row_id,
        raw_rows.from_customer_id,
        row_number() over (
            partition by raw_rows.from_customer_id
            order by
                case
                    when
                        {{ local_date('raw_rows.merged_at') }}
                        <= {{ identity_as_of('last_day.last_on') }}
                        then 0
                    else 1
                end asc,
                raw_rows.merged_at desc,
                raw_rows.row_hash desc,
                raw_rows.raw_row_id asc
        ) as place
    from ({{ raw_rows('customer_merges') }}) as raw_rows
    cross join {{ ref('stg_last_day') }} as last_day
    where
        {{ key_hash(['raw_rows.from_customer_id']) }} in (
            {{ repeated_keys('customer_merges', ['from_customer_id']) }}
        )
        and raw_rows.raw_row_id not in (select rejected_rows.raw_row_id from rejected_rows)

),

filtered_rows as (

    select * from rejected_rows

    union all

    select
        raw_row_id,
        from_customer_id,
        'superseded' as reason
    from contested_rows
    where place > 1

)

select * from filtered_rows
