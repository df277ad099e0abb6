select
    record,
    'without order and line' as reason
from export_rows
where
    lineitem_name is null
    and total is null
    and financial_status is null
