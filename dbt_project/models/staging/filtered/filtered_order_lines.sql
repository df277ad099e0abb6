-- Of lines given twice the one with the highest content hash stands.

with

judged_rows as (

    select
        raw_rows.raw_row_id,
        raw_rows.order_id,
        raw_rows.line_number,
        case
            {{ when_muted('other_order_source', 'null') }}
            when orders.order_id is null then 'order_unknown'
        end as reason
    from ({{ raw_rows('order_lines') }}) as raw_rows
    left join {{ ref('stg_orders') }} as orders on raw_rows.order_id = orders.order_id

),

rejected_rows as (

    select * from judged_rows where reason is not null

),

contested_rows as (

    select
        raw_rows.raw_row_id,
        raw_rows.order_id,
        raw_rows.line_number,
        row_number() over (
            partition by raw_rows.order_id, raw_rows.line_number
            order by
                raw_rows.row_hash desc,
                raw_rows.raw_row_id asc
        ) as place
    from ({{ raw_rows('order_lines') }}) as raw_rows
    where
        {{ key_hash(['raw_rows.order_id', 'raw_rows.line_number']) }} in (
            {{ repeated_keys('order_lines', ['order_id', 'line_number']) }}
        )
        and raw_rows.raw_row_id not in (select rejected_rows.raw_row_id from rejected_rows)

),

filtered_rows as (

    select * from rejected_rows

    union all

    select
        raw_row_id,
        order_id,
        line_number,
        'id_conflict' as reason
    from contested_rows
    where place > 1

)

select * from filtered_rows
