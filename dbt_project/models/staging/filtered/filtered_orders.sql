-- Of the states of an order the latest stands; a tie goes to the highest content hash.

with

judged_rows as (

    select
        raw_rows.raw_row_id,
        raw_rows.order_id,
        case
            when raw_rows.received_at > {{ known_at() }} then 'not_yet_known'
            when
                raw_rows.created_at
                > coalesce(raw_rows.received_at, raw_rows.loaded_at) + interval 24 hours
                then 'future'
            {{ when_muted('other_order_source', 'raw_rows.created_at') }}
        end as reason
    from ({{ raw_rows('orders') }}) as raw_rows

),

rejected_rows as (

    select * from judged_rows where reason is not null

),

contested_rows as (

    select
        raw_rows.raw_row_id,
        raw_rows.order_id,
        row_number() over (
            partition by raw_rows.order_id
            order by
                coalesce(raw_rows.updated_at, raw_rows.received_at) desc nulls last,
                raw_rows.row_hash desc,
                raw_rows.raw_row_id asc
        ) as place
    from ({{ raw_rows('orders') }}) as raw_rows
    where
        {{ key_hash(['raw_rows.order_id']) }} in (
            {{ repeated_keys('orders', ['order_id']) }}
        )
        and raw_rows.raw_row_id not in (select rejected_rows.raw_row_id from rejected_rows)

),

filtered_rows as (

    select * from rejected_rows

    union all

    select
        raw_row_id,
        order_id,
        'superseded' as reason
    from contested_rows
    where place > 1

)

select * from filtered_rows
