-- The health of everybody with a valid order, from when to when. Buyers without any id are left
-- out: they are no customers.

with

buyers as (

    select orders.person_key
    from {{ ref('int_orders') }} as orders
    inner join {{ ref('int_person_attributes') }} as attributes
        on orders.person_key = attributes.person_key
    where not attributes.is_guest
    group by orders.person_key

),

customer_health as (

    select
        buyers.person_key,
        spans.valid_from,
        spans.valid_to,
        spans.health,
        spans.health in ('active', 'at_risk') as is_active
    from {{ ref('int_health_spans') }} as spans
    inner join buyers on spans.subject_key = buyers.person_key

)

select * from customer_health
