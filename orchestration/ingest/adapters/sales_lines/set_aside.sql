with

other_rows as (

    select * from line_rows
    where record not in (select record from sold_lines)

)

select
    record,
    case
        when invoice_no is null and stock_code is null and description is null
            then 'row without order and product'
        else 'line that takes back (sum ' || sum(
            cast(amount(quantity) * amount(unit_price) as decimal(18, 2))
        ) over (
            partition by invoice_no is null and stock_code is null and description is null
        ) || ')'
    end as reason
from other_rows
