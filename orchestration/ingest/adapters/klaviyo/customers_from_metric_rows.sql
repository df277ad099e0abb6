select
    record,
    person_id(coalesce(external_id, profile_id)) as customer_id,
    coalesce(epoch_text(timestamp, 1), timestamp) as created_at,
    lower(email) as email
from metric_rows
where coalesce(external_id, profile_id) is not null and email is not null
