-- The customers of each account, by the account on their final row. Account keys follow person
-- keys, so that one integer names a subject of either type.

with

highest_person as (

    select coalesce(max(person_key), 0) as person_key from {{ ref('int_persons') }}

),

members as (

    select
        highest_person.person_key
        + dense_rank() over (order by persons.account_id) as account_key,
        persons.account_id,
        persons.person_key
    from {{ ref('int_persons') }} as persons
    cross join highest_person
    where persons.account_id is not null

)

select * from members
