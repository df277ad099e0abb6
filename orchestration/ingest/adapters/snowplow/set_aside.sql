select
    record,
    'event of nobody' as reason
from read_events
where coalesce(anonymous, known) is null
