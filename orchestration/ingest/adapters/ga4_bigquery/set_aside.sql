select
    record,
    'without consent' as reason
from hits
where user_pseudo_id is null and user_id is null
