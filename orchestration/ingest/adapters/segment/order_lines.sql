with

items as (

    select
        record,
        order_id,
        unnest(from_json(products, '["JSON"]')) as item,
        generate_subscripts(from_json(products, '["JSON"]'), 1) as line_number
    from sold_calls
    where json_type(products) = 'ARRAY'

)

select
    record,
    order_id,
    line_number,
    coalesce(
        text_at(item, '$.product_id'), text_at(item, '$.productId'), text_at(item, '$.sku'),
        text_at(item, '$.name')
    ) as product_id,
    coalesce(text_at(item, '$.quantity'), '1') as quantity,
    text_at(item, '$.price') as unit_price
from items
