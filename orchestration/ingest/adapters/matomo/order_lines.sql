with

lines as (

    select
        record,
        order_id,
        generate_subscripts(nodes(json_extract(action, '$.itemDetails')), 1) as line_number,
        unnest(nodes(json_extract(action, '$.itemDetails'))) as line
    from bought_actions

)

select
    record,
    order_id,
    line_number,
    coalesce(text_at(line, '$.itemSKU'), text_at(line, '$.itemName')) as product_id,
    coalesce(text_at(line, '$.quantity'), '1') as quantity,
    text_at(line, '$.price') as unit_price
from lines
