-- The health of everybody who was ever more than a prospect, from when to when. Buyers without any
-- id are left out: they are no customers.

with

customers as (

    select spans.subject_key as person_key
    from {{ ref('int_health_spans') }} as spans
    inner join {{ ref('int_person_attributes') }} as attributes
        on spans.subject_key = attributes.person_key
    where
        spans.health not in ('prospect', 'cold')
        and not attributes.is_guest
    group by spans.subject_key

),

customer_health as (

    select
        customers.person_key,
        spans.valid_from,
        spans.valid_to,
        spans.health,
        spans.health in ('active', 'at_risk') as is_active,
        spans.health not in ('prospect', 'cold') as has_bought
    from {{ ref('int_health_spans') }} as spans
    inner join customers on spans.subject_key = customers.person_key

)

select * from customer_health
