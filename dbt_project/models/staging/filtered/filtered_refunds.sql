-- Of refunds with one id the one received first stands; a tie goes to the lowest content hash.

with

-- Shopify's transactions export dates the refunds of which the orders export states the sum.
dated_orders as (

    select raw_rows.order_id
    from ({{ raw_rows('refunds') }}) as raw_rows
    where raw_rows.refund_id like '%:transaction:%'
    group by raw_rows.order_id

),

judged_rows as (

    select
        raw_rows.raw_row_id,
        raw_rows.refund_id,
        case
            when raw_rows.received_at > {{ known_at() }} then 'not_yet_known'
            when
                raw_rows.created_at
                > coalesce(raw_rows.received_at, raw_rows.loaded_at) + interval 24 hours
                then 'future'
            {{ when_muted('other_order_source', 'raw_rows.file_id', 'raw_rows.created_at') }}
            when orders.order_id is null then 'order_unknown'
            when not orders.is_valid then 'order_not_valid'
            when
                {{ local_date('raw_rows.created_at') }} < {{ local_date('orders.created_at') }}
                then 'before_order'
            when
                raw_rows.refund_id like '%:refunded' and dated_orders.order_id is not null
                then 'superseded'
        end as reason
    from ({{ raw_rows('refunds') }}) as raw_rows
    left join {{ ref('stg_orders') }} as orders on raw_rows.order_id = orders.order_id
    left join dated_orders on raw_rows.order_id = dated_orders.order_id

),

rejected_rows as (

    select * from judged_rows where reason is not null

),

contested_rows as (

    select
        raw_rows.raw_row_id,
        raw_rows.refund_id,
        row_number() over (
            partition by raw_rows.refund_id
            order by
                -- A sum that grows from export to export (`…:refunded`) is one refund; the greatest
                -- is the latest.
                case
                    when raw_rows.refund_id like '%:refunded' then raw_rows.amount
                end desc nulls last,
                raw_rows.received_at asc nulls last,
                raw_rows.row_hash asc,
                raw_rows.raw_row_id asc
        ) as place
    from ({{ raw_rows('refunds') }}) as raw_rows
    where
        {{ key_hash(['raw_rows.refund_id']) }} in (
            {{ repeated_keys('refunds', ['refund_id']) }}
        )
        and raw_rows.raw_row_id not in (select rejected_rows.raw_row_id from rejected_rows)

),

filtered_rows as (

    select * from rejected_rows

    union all

    select
        raw_row_id,
        refund_id,
        'id_conflict' as reason
    from contested_rows
    where place > 1

)

select * from filtered_rows
