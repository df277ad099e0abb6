with

items as (

    select
        record,
        order_id,
        unnest(from_json(item_list, '["JSON"]')) as item,
        generate_subscripts(from_json(item_list, '["JSON"]'), 1) as line_number
    from sold_hits

)

select
    record,
    order_id,
    line_number,
    coalesce(
        nullif(text_at(item, '$.item_id'), '(not set)'), text_at(item, '$.item_name')
    ) as product_id,
    coalesce(text_at(item, '$.quantity'), '1') as quantity,
    text_at(item, '$.price') as unit_price
from items
