select
    record,
    known as customer_id,
    timestamp as created_at,
    timestamp as updated_at,
    lower(coalesce(text_at(own, '$."$set".email'), text_at(own, '$."$set_once".email'))) as email
from read_captures
where event = '$identify' and known is not null
