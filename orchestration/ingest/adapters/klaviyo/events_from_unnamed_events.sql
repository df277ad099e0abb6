select
    record,
    id as event_id
from unnamed_events
where false
