select
    record,
    case
        when lower(fivetran_deleted) = 'true' then 'deleted line'
        else 'older sync of a line'
    end as reason
from line_rows
qualify
    coalesce(lower(fivetran_deleted), 'false') = 'true'
    or row_number() over (
        partition by id, coalesce(lower(fivetran_deleted), 'false')
        order by fivetran_synced desc, record desc
    ) > 1
