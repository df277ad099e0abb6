select
    record,
    product_id,
    coalesce(product_category_name, product_id) as title,
    product_category_name as category
from product_rows
