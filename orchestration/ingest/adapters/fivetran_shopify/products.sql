select
    record,
    id as product_id,
    title,
    product_type as category,
    vendor as brand,
    coalesce(published_at, created_at) as launched_at
from product_rows
