select
    record,
    invoice_no as order_id,
    line_number,
    product_id,
    quantity,
    unit_price
from sold_lines
