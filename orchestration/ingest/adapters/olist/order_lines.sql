select
    record,
    order_id,
    order_item_id as line_number,
    product_id,
    1 as quantity,
    price as unit_price
from item_rows
