select
    record,
    'event of a page without included, which names metrics: ask for include=metric,profile'
        as reason
from unnamed_events
