-- The lines of an order go together: those of the last file that has any of them stand. Of lines
-- given twice in it the one with the highest content hash stands.

with

judged_rows as (

    select
        raw_rows.raw_row_id,
        raw_rows.order_id,
        raw_rows.line_number,
        raw_rows.row_hash,
        deliveries.file_place,
        case
            {{ when_muted('other_order_source', 'raw_rows.file_id', 'null') }}
            when orders.order_id is null then 'order_unknown'
        end as reason
    from ({{ raw_rows('order_lines') }}) as raw_rows
    left join {{ ref('stg_orders') }} as orders on raw_rows.order_id = orders.order_id
    left join ({{ deliveries('order_lines') }}) as deliveries
        on raw_rows.row_hash = deliveries.row_hash

),

standing_rows as (

    select
        *,
        coalesce(
            file_place < max(file_place) over (partition by order_id), false
        ) as is_superseded,
        row_number() over (
            partition by order_id, line_number
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
        order_id,
        line_number,
        reason
    from judged_rows
    where reason is not null

    union all

    select
        raw_row_id,
        order_id,
        line_number,
        case
            when is_superseded then 'superseded'
            else 'id_conflict'
        end as reason
    from standing_rows
    where
        is_superseded
        or place > 1

)

select * from filtered_rows
