-- The latent state of each company, in stretches of days as for customers.
with

turns as (

    select
        account_no,
        unnest([0, known_day, quote_day, contract_day, onboarded_day, stop_day]) as turn_day,
        unnest(['unaware', 'exploring', 'deciding', 'implementing', 'using', 'gone']) as state,
        unnest(range(6)) as turn_no
    from accounts

),

standing_turns as (

    select
        *,
        lead(turn_day, 1, getvariable('days')) over (
            partition by account_no
            order by turn_no
        ) as next_day
    from turns
    where turn_day is not null and turn_day < getvariable('days')

)

select
    'acme-' || cast(1000 + account_no as varchar) as account_id,
    cast(getvariable('start_date') as date) + cast(turn_day as integer) as valid_from,
    cast(getvariable('start_date') as date) + cast(next_day as integer) as valid_to,
    state
from standing_turns
where next_day > turn_day
order by account_id, valid_from
