-- The customers of each account, by the account on their final row. Account keys are negative, so
-- that one integer names a subject of either type and says which.

with

members as (

    select
        -cast(dense_rank() over (order by account_id) as integer) as account_key,
        account_id,
        person_key
    from {{ ref('int_persons') }}
    where account_id is not null

)

select * from members
