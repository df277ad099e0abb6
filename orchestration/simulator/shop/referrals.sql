-- Who brought whom: a new customer's first order carries the code of an older customer of the
-- same batch, whose invitation came shortly before.
create table referrals as
with

first_orders as (

    select person, order_no, created_second
    from orders
    where is_first and is_customer and fate = 'kept'

),

candidates as (

    select
        people.person as invited_person,
        people.person_key,
        people.aware_day,
        -- Acquaintances are neighbours by number, so that batches never need each other.
        greatest(
            getvariable('first_customer'),
            people.person - 1 - draw(people.person_key, 161, 60)
        ) as inviting_person,
        first_orders.order_no,
        first_orders.created_second
    from people
    inner join first_orders on first_orders.person = people.person
    where draw(people.person_key, 162, 100) < 28

)

select
    candidates.invited_person,
    candidates.inviting_person,
    candidates.order_no,
    candidates.created_second,
    candidates.person_key as referral_key,
    greatest(
        inviters.buy_day * 86400 + 90000,
        candidates.created_second - 86400 - draw(candidates.person_key, 163, 25 * 86400)
    ) as sent_second
from candidates
inner join people as inviters
    on
        inviters.person = candidates.inviting_person
        and inviters.person <> candidates.invited_person
where
    inviters.buy_day + 3 < day_of(candidates.created_second)
    and inviters.buyer_type <> 'one_off'
    and coalesce(inviters.drift_day_1, 100000) > day_of(candidates.created_second) - 30
order by candidates.invited_person;

create table referral_talks as
with

-- Advocates invite more people than ever come.
vain_invitations as (

    select
        people.person,
        people.person * 64 + 32 + places.place as reference,
        mix(people.person_key, 9000 + places.place) as invitation_key,
        people.advocate_day
    from people
    cross join range(8) as places (place)
    where
        people.advocate_day is not null
        and places.place < 2 + draw(people.person_key, 164, 6)

)

select
    sent_second as second,
    if(draw(referral_key, 165, 3) = 0, 50, 49) as kind_no,
    inviting_person as person,
    invited_person * 64 as reference,
    cast(null as bigint) as other_person
from referrals
union all
select
    created_second + 90 as second,
    51 as kind_no,
    inviting_person as person,
    invited_person * 64 as reference,
    invited_person as other_person
from referrals
union all
select
    advocate_day * 86400 + 40000 + draw(invitation_key, 166, 150 * 86400) as second,
    if(draw(invitation_key, 165, 3) = 0, 50, 49) as kind_no,
    person,
    reference,
    cast(null as bigint) as other_person
from vain_invitations;
