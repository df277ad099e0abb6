select
    record,
    'event of nobody' as reason
from metric_rows
where coalesce(external_id, profile_id) is null
