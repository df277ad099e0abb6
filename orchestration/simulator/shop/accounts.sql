-- Companies that buy for the office: quote, contract, onboarding, use, and their end.
create table accounts as
with

account_leads as (

    select
        account_no,
        min(person) as lead_person,
        min(register_day) as known_day
    from people
    where account_no is not null
    group by account_no

),

quoted_accounts as (

    select
        *,
        mix(account_no, 170) as account_key,
        known_day + 3 + draw(mix(account_no, 170), 171, 40) as quote_end
    from account_leads

),

signed_accounts as (

    select
        *,
        if(
            draw(account_key, 172, 100) < 72,
            quote_end + 6 + draw(account_key, 173, 40),
            null
        ) as contract_end,
        60 + draw(account_key, 174, 700) as contract_days
    from quoted_accounts

),

onboarded_accounts as (

    select
        *,
        if(
            draw(account_key, 175, 100) < 85,
            contract_end + 5 + draw(account_key, 176, 50),
            null
        ) as onboarded_end,
        contract_end + contract_days as stop_end
    from signed_accounts

)

select
    account_no,
    account_key,
    lead_person,
    known_day,
    if(quote_end < getvariable('days'), quote_end, null) as quote_day,
    if(contract_end < getvariable('days'), contract_end, null) as contract_day,
    if(
        onboarded_end < least(getvariable('days'), stop_end), onboarded_end, null
    ) as onboarded_day,
    if(stop_end < getvariable('days'), stop_end, null) as stop_day
from onboarded_accounts
order by account_no;

create table account_talks as
with

users as (

    select
        people.person,
        people.person_key,
        greatest(accounts.contract_day, people.register_day) as from_day,
        coalesce(accounts.stop_day, getvariable('days')) as until_day
    from people
    inner join accounts on accounts.account_no = people.account_no
    where accounts.contract_day is not null

),

-- About one use a week.
uses as (

    select
        *,
        unnest(range(greatest(0, (until_day - from_day) // 7))) as place
    from users

)

select quote_day * 86400 + 36000 as second, 36 as kind_no, lead_person as person
from accounts
where quote_day is not null
union all
select contract_day * 86400 + 39600 as second, 37 as kind_no, lead_person as person
from accounts
where contract_day is not null
union all
select onboarded_day * 86400 + 50400 as second, 38 as kind_no, lead_person as person
from accounts
where onboarded_day is not null
union all
select
    from_day * 86400 + place * 604800 + 30000 + draw(person_key, 10000 + place, 560000)
        as second,
    39 as kind_no,
    person
from uses;
