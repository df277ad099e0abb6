-- Days on which a lapsed customer ordered again, as far as an order of the day still stands.

with

facts as (

    select
        reactivations.reactivated_on as fact_date,
        reactivations.subject_key as person_key,
        1 as reactivations
    from {{ ref('int_reactivations') }} as reactivations
    inner join {{ ref('int_person_attributes') }} as attributes
        on reactivations.subject_key = attributes.person_key
    where
        reactivations.voided_on is null
        and not attributes.is_guest

)

select * from facts
