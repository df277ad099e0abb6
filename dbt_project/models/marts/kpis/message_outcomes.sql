-- Every message delivered and what its person did with it in the days after it.

with

message_outcomes as (

    select
        outcomes.delivery_id,
        outcomes.message_id,
        persons.person_id as subject_id,
        outcomes.fact_date as delivered_on,
        outcomes.delivered_at,
        outcomes.opened_at,
        outcomes.clicked_at,
        outcomes.unsubscribed_at,
        outcomes.opened_at is not null as is_opened,
        outcomes.clicked_at is not null as is_clicked,
        outcomes.unsubscribed_at is not null as is_unsubscribed,
        outcomes.reacts_until <= settings.as_of_date as is_mature
    from {{ ref('int_message_outcomes') }} as outcomes
    inner join {{ ref('int_persons') }} as persons on outcomes.person_key = persons.person_key
    cross join {{ ref('int_settings') }} as settings

)

select * from message_outcomes
