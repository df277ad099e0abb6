-- Everybody with a booked order who can be named has a value, and what came in is the net revenue
-- of the subject.
select
    subjects.subject_id,
    subjects.net_revenue,
    customer_value.historic_value
from {{ ref('subjects') }} as subjects
left join {{ ref('customer_value') }} as customer_value
    on subjects.subject_id = customer_value.subject_id
where
    subjects.subject_type = 'person'
    and subjects.subject_id not like 'visitor:order:%'
    and subjects.orders > 0
    and (
        customer_value.subject_id is null
        or subjects.net_revenue is distinct from customer_value.historic_value
    )
