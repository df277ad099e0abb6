select
    record,
    case
        when type = 'event'
            then 'event of a page without included, which names metrics: ask for include=metric,profile'
        else 'object that is no event'
    end as reason
from unnamed_events
