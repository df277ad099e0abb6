with

orders as (

    select
        record,
        id,
        as_json(line_items) as line_items,
        as_json(other_columns) as other_columns
    from read_orders
    where not is_refund and is_draft is not true

),

nested_lines as (

    select
        record,
        id as order_id,
        generate_subscripts(from_json(line_items, '["JSON"]'), 1) as place,
        unnest(from_json(line_items, '["JSON"]')) as line
    from orders
    where json_type(line_items) = 'ARRAY'

),

-- `name:Mug|product_id:31|sku:|quantity:2|total:18.00|sub_total:20.00`, a column for each line.
column_lines as (

    select
        orders.record,
        orders.id as order_id,
        cast(regexp_extract(cells.key, '[0-9]+$') as integer) as place,
        cells.value ->> '$' as line
    from orders, json_each(orders.other_columns) as cells
    where regexp_full_match(cells.key, '(?i)line_item_[0-9]+')

),

lines as (

    select
        record,
        order_id,
        place,
        coalesce(
            nullif(text_at(line, '$.variation_id'), '0'),
            nullif(text_at(line, '$.product_id'), '0'),
            text_at(line, '$.sku'),
            text_at(line, '$.name')
        ) as product_id,
        text_at(line, '$.quantity') as quantity,
        text_at(line, '$.subtotal') as subtotal,
        text_at(line, '$.total') as total
    from nested_lines

    union all

    select
        record,
        order_id,
        place,
        coalesce(
            nullif(nullif(regexp_extract(line, '[|]variation_id:([^|]*)', 1), ''), '0'),
            nullif(nullif(regexp_extract(line, '[|]product_id:([^|]*)', 1), ''), '0'),
            nullif(regexp_extract(line, '[|]sku:([^|]*)', 1), ''),
            nullif(regexp_extract(line, 'name:([^|]*)', 1), '')
        ) as product_id,
        nullif(regexp_extract(line, '[|]quantity:([^|]*)', 1), '') as quantity,
        coalesce(
            nullif(regexp_extract(line, '[|]sub_?total:([^|]*)', 1), ''),
            nullif(regexp_extract(line, '[|]total:([^|]*)', 1), '')
        ) as subtotal,
        nullif(regexp_extract(line, '[|]total:([^|]*)', 1), '') as total
    from column_lines
    where line <> ''

)

select
    record,
    order_id,
    row_number() over (partition by record order by place) as line_number,
    product_id,
    quantity,
    coalesce(
        cast(
            cast(amount(subtotal) / nullif(amount(quantity), 0) as decimal(18, 4)) as varchar
        ),
        subtotal
    ) as unit_price,
    amount(subtotal) - amount(total) as total_discount
from lines
