-- Tickets on the date of their opening, of their first response and of their last resolution, and
-- the booked orders that they are set against.

with

tickets as (

    select * from {{ ref('int_support_tickets') }}

),

facts as (

    select
        opened_on as fact_date,
        person_key,
        1 as tickets,
        cast(null as integer) as orders,
        cast(null as decimal(38, 4)) as response_hours,
        cast(null as decimal(38, 4)) as resolution_hours
    from tickets

    union all

    select
        order_date as fact_date,
        person_key,
        cast(null as integer) as tickets,
        1 as orders,
        cast(null as decimal(38, 4)) as response_hours,
        cast(null as decimal(38, 4)) as resolution_hours
    from {{ ref('int_booked_orders') }}

    union all

    select
        first_response_on as fact_date,
        person_key,
        cast(null as integer) as tickets,
        cast(null as integer) as orders,
        response_hours,
        cast(null as decimal(38, 4)) as resolution_hours
    from tickets
    where first_response_on is not null

    union all

    select
        resolved_on as fact_date,
        person_key,
        cast(null as integer) as tickets,
        cast(null as integer) as orders,
        cast(null as decimal(38, 4)) as response_hours,
        resolution_hours
    from tickets
    where resolved_on is not null

)

select * from facts
