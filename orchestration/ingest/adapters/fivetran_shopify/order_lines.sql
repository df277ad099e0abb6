with

present_lines as (

    select * from line_rows
    where coalesce(lower(fivetran_deleted), 'false') <> 'true'
    qualify row_number() over (partition by id order by fivetran_synced desc, record desc) = 1

),

allocations as (

    select
        order_line_id,
        sum(part) as total_discount
    from (
        select
            order_line_id,
            index,
            max_by(amount(amount), (fivetran_synced, file_number, record)) as part
        from allocation_rows
        group by order_line_id, index
    ) as parts
    group by order_line_id

)

select
    present_lines.record,
    present_lines.order_id,
    row_number() over (
        partition by present_lines.order_id
        order by
            try_cast(present_lines.index as bigint),
            try_cast(present_lines.id as bigint),
            present_lines.id
    ) as line_number,
    coalesce(present_lines.product_id, present_lines.sku, present_lines.title) as product_id,
    present_lines.quantity,
    coalesce(
        present_lines.price,
        cast(
            cast(
                amount(present_lines.original_total_set_shop_amount)
                / nullif(amount(present_lines.quantity), 0)
                as decimal(18, 4)
            ) as varchar
        ),
        present_lines.original_total_set_shop_amount
    ) as unit_price,
    coalesce(
        cast(allocations.total_discount as varchar), present_lines.total_discount
    ) as total_discount
from present_lines
left join allocations on present_lines.id = allocations.order_line_id
