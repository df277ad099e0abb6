with

lines as (

    select
        record,
        transaction_id,
        generate_subscripts(products, 1) as line_number,
        unnest(products) as line
    from sold_events

)

select
    record,
    transaction_id as order_id,
    line_number,
    coalesce(text_at(line, '$.id'), text_at(line, '$.name')) as product_id,
    coalesce(text_at(line, '$.quantity'), '1') as quantity,
    text_at(line, '$.price') as unit_price
from lines
