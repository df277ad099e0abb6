-- The lines of an order go together: those of the last file that has any of them stand. Of lines
-- given twice in it the one with the highest content hash stands.

with

deliveries as (

    {{ deliveries('order_lines') }}

),

judged_rows as (

    select
        raw_rows.raw_row_id,
        raw_rows.order_id,
        raw_rows.line_number,
        raw_rows.row_hash,
        deliveries.file_place,
        max(deliveries.file_place) over (partition by raw_rows.order_id) as last_file_place,
        orders.order_id is null as is_order_unknown
    from ({{ raw_rows('order_lines') }}) as raw_rows
    left join {{ ref('stg_orders') }} as orders on raw_rows.order_id = orders.order_id
    left join deliveries
        on raw_rows.row_hash = deliveries.row_hash

),

ranked_rows as (

    select
        *,
        coalesce(file_place < last_file_place, false) as is_superseded,
        row_number() over (
            partition by order_id, line_number
            order by
                file_place desc nulls last,
                row_hash desc,
                raw_row_id asc
        ) as place
    from judged_rows

),

filtered_rows as (

    select
        raw_row_id,
        order_id,
        line_number,
        case
            when is_order_unknown then 'order_unknown'
            when is_superseded then 'superseded'
            else 'id_conflict'
        end as reason
    from ranked_rows
    where
        is_order_unknown
        or is_superseded
        or place > 1

)

select * from filtered_rows
