with

lines as (

    select
        record,
        order_id,
        generate_subscripts(line_items, 1) as line_number,
        unnest(line_items) as line
    from read_orders

)

select
    record,
    order_id,
    line_number,
    coalesce(
        shopify_id(text_at(line, '$.product_id')),
        shopify_id(text_at(line, '$.product.id')),
        text_at(line, '$.sku'),
        text_at(line, '$.title')
    ) as product_id,
    text_at(line, '$.quantity') as quantity,
    coalesce(
        shop_money(json_extract(line, '$.price_set')),
        shop_money(json_extract(line, '$.originalUnitPriceSet')),
        text_at(line, '$.price')
    ) as unit_price,
    coalesce(
        list_sum(list_transform(
            json_extract(line, '$.discount_allocations[*]'),
            lambda part: amount(coalesce(
                shop_money(json_extract(part, '$.amount_set')), text_at(part, '$.amount')
            ))
        )),
        list_sum(list_transform(
            json_extract(line, '$.discountAllocations[*]'),
            lambda part: amount(shop_money(json_extract(part, '$.allocatedAmountSet')))
        )),
        amount(text_at(line, '$.total_discount'))
    ) as total_discount
from lines
