select
    record,
    'page without events' as reason
from api_pages
where record not in (select record from api_events)
