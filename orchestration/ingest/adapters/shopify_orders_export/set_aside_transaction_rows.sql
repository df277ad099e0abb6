select
    record,
    verdict as reason
from paid_back_rows
where verdict is not null
