with

-- The id stands on the first row of an order alone.
order_rows as (

    select
        *,
        last_value(
            case
                when total is not null or financial_status is not null
                    then coalesce(id, ltrim(name, '#'))
            end
            ignore nulls
        ) over (
            partition by name
            order by record
        ) as order_id
    from export_rows

)

select
    record,
    order_id,
    row_number() over (partition by order_id order by record) as line_number,
    coalesce(lineitem_sku, lineitem_name) as product_id,
    lineitem_quantity as quantity,
    lineitem_price as unit_price,
    lineitem_discount as total_discount
from order_rows
where lineitem_name is not null
