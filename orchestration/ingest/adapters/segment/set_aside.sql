select
    record,
    case call
        when 'alias' then 'alias without two ids'
        when 'track' then 'call of nobody'
        when 'page' then 'call of nobody'
        when 'screen' then 'call of nobody'
        when 'identify' then 'call of nobody'
        when 'group' then 'call of nobody'
        else 'call of an unknown type'
    end as reason
from read_calls
where
    not (event_name is not null and coalesce(anonymous_id, user_id) is not null)
    and not (
        call = 'alias'
        and previous_id is not null
        and user_id is not null
        and previous_id <> user_id
    )
