-- So that sessions are credited with no more orders than were booked.
with

credited as (

    select
        subject_id,
        sum(orders) as orders
    from {{ ref('sessions') }}
    group by subject_id

)

select
    credited.subject_id,
    credited.orders,
    subjects.orders as booked_orders
from credited
inner join {{ ref('subjects') }} as subjects on credited.subject_id = subjects.subject_id
where credited.orders > subjects.orders
