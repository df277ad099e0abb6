-- Of the states of an order the latest stands. Where rows state no time, or the same, the one that
-- tells of the later moment, then the last file with this content, then the highest content hash.
-- The second best says `superseded_without_time` where no time decided: one row per such key.

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
            {{ when_muted('other_order_source', 'raw_rows.file_id', 'raw_rows.created_at') }}
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
        coalesce(raw_rows.updated_at, raw_rows.received_at) as stated_at,
        greatest(raw_rows.cancelled_at, raw_rows.delivered_at, raw_rows.created_at) as stamped_at,
        raw_rows.row_hash
    from ({{ raw_rows('orders') }}) as raw_rows
    where
        {{ key_hash(['raw_rows.order_id']) }} in (
            {{ repeated_keys('orders', ['order_id']) }}
        )
        and raw_rows.raw_row_id not in (select rejected_rows.raw_row_id from rejected_rows)

),

ranked_rows as (

    select
        contested_rows.*,
        row_number() over versions as place,
        lag(contested_rows.stated_at) over versions as better_stated_at
    from contested_rows
    left join ({{ deliveries('orders') }}) as deliveries
        on contested_rows.row_hash = deliveries.row_hash
    window versions as (
        partition by contested_rows.order_id
        order by
            contested_rows.stated_at desc nulls last,
            contested_rows.stamped_at desc,
            deliveries.file_place desc nulls last,
            contested_rows.row_hash desc,
            contested_rows.raw_row_id asc
    )

),

filtered_rows as (

    select * from rejected_rows

    union all

    select
        raw_row_id,
        order_id,
        case
            when place = 2 and stated_at is not distinct from better_stated_at
                then 'superseded_without_time'
            else 'superseded'
        end as reason
    from ranked_rows
    where place > 1

)

select * from filtered_rows
