select
    *,
    coalesce(stock_code, description) as product_id,
    row_number() over (partition by invoice_no order by record) as line_number
from line_rows
where
    -- What cannot be read is judged, and refused by name.
    coalesce(amount(quantity) > 0, true)
    and coalesce(amount(unit_price) >= 0, true)
    and (invoice_no is not null or stock_code is not null or description is not null)
