select
    record,
    'line that gives back' as reason
from item_rows
where coalesce(try_cast(amount as decimal(18, 4)), -1) < 0
