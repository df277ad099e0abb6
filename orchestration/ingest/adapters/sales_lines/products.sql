select
    record,
    product_id,
    description as title
from sold_lines
where description is not null
qualify row_number() over (partition by product_id order by record desc) = 1
