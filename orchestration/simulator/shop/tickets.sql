-- Tickets: what about, when, and whether the customer looked for help in the shop before.
-- topic_no is a place in ['delivery', 'product', 'order', 'billing', 'plan'].
create table tickets as
with

order_tickets as (

    select
        order_no * 2 as ticket_no,
        order_no,
        order_key as ticket_key,
        person,
        created_second + 7200 + draw(order_key, 120, 6 * 86400) as opened_second,
        is_late,
        if(is_late, 1, 1 + draw(order_key, 117, 3)) as topic_no
    from talk_orders
    where draw(order_key, 125, 1000) < if(is_late, 300, 65)

),

-- Who is not helped soon writes again.
repeated_tickets as (

    select
        * replace (
            ticket_no + 1 as ticket_no,
            mix(ticket_key, 119) as ticket_key,
            opened_second + 86400 + draw(ticket_key, 118, 4 * 86400) as opened_second
        )
    from order_tickets
    where draw(ticket_key, 119, 100) < 15

),

-- A charge that failed makes some ask, and a plan that changed others.
plan_reasons as (

    select subscription_no, person, slot, second, 4 as topic_no
    from failed_charges
    union all
    select subscription_no, person, slot, due_second + 8 * 86400 as second, 5 as topic_no
    from charges
    where next_amount_cents is not null

),

first_reasons as (

    select
        *,
        mix(subscription_no, 118) as ticket_key
    from plan_reasons
    qualify row_number() over (partition by subscription_no order by second) = 1

),

plan_tickets as (

    select
        (person * 512 + 504 + slot) * 2 as ticket_no,
        ticket_key,
        person,
        second + 3600 + draw(ticket_key, 120, 60000) as opened_second,
        topic_no,
        false as is_late
    from first_reasons
    where draw(ticket_key, 119, 100) < 60

)

select * from order_tickets
union all
select * from repeated_tickets
union all by name
select * from plan_tickets
order by ticket_no;

create table ticket_talks as
with

timed_tickets as (

    select
        *,
        opened_second + 1200 + draw(ticket_key, 121, 20000) * (1 + draw(ticket_key, 122, 6))
            as answered_second,
        5000 + draw(ticket_key, 123, 40000) * (1 + draw(ticket_key, 124, 8)) as resolution_wait,
        draw(ticket_key, 127, 100) < 89 as is_resolved
    from tickets

)

select
    opened_second as second,
    40 as kind_no,
    person,
    cast(null as bigint) as value_cents,
    order_no,
    ticket_no as reference,
    topic_no as detail
from timed_tickets
union all by name
select
    answered_second as second, 41 as kind_no, person, order_no, ticket_no as reference,
    topic_no as detail
from timed_tickets
where draw(ticket_key, 126, 100) < 94
union all by name
select
    answered_second + resolution_wait as second, 42 as kind_no, person, order_no,
    ticket_no as reference, topic_no as detail
from timed_tickets
where is_resolved
union all by name
select
    answered_second + resolution_wait + 3600 as second, 44 as kind_no, person, order_no,
    ticket_no * 10 + 1 as reference
from timed_tickets
where is_resolved
union all by name
select
    answered_second + resolution_wait + 7200 + draw(ticket_key, 128, 5 * 86400) as second,
    46 as kind_no,
    person,
    100 * if(is_late, [1, 2, 3, 3, 4], [3, 4, 4, 5, 5])[1 + draw(ticket_key, 129, 5)]
        as value_cents,
    order_no,
    ticket_no * 10 + 1 as reference
from timed_tickets
where is_resolved and draw(ticket_key, 130, 100) < 55;
