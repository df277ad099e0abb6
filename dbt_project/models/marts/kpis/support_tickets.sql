-- Every support ticket from its opening to its last resolution.

with

support_tickets as (

    select
        tickets.ticket_id,
        persons.person_id as subject_id,
        tickets.opened_on,
        tickets.opened_at,
        tickets.contacts,
        case
            when tickets.resolved_on is not null then 'resolved'
            when tickets.first_response_on is not null then 'answered'
            else 'open'
        end as status,
        tickets.first_response_on,
        tickets.first_response_at,
        {{ exact_ratio(
            'cast(tickets.response_microseconds as decimal(38, 4))', 'cast(3600000000 as decimal(38, 4))'
        ) }} as response_hours,
        tickets.resolved_on,
        tickets.resolved_at,
        {{ exact_ratio(
            'cast(tickets.resolution_microseconds as decimal(38, 4))', 'cast(3600000000 as decimal(38, 4))'
        ) }} as resolution_hours
    from {{ ref('int_support_tickets') }} as tickets
    inner join {{ ref('int_persons') }} as persons on tickets.person_key = persons.person_key

)

select * from support_tickets
