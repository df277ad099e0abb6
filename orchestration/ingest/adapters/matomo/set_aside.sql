select
    record,
    case
        when visitor_id is null and user_id is null then 'visit of nobody'
        else 'visit without actions'
    end as reason
from visits
where record not in (select record from actions)
