-- The latent state of each customer: one row per customer and stretch of days, from the first day
-- of the simulation to its end; valid_to is exclusive and never null.
with

turns as (

    select
        person,
        unnest([
            0, aware_day, buy_day, loyal_day, advocate_day, drift_day_1, gone_day_1, back_day,
            if(back_day + 21 < coalesce(drift_day_2, 100000), back_day + 21, null),
            drift_day_2, gone_day_2
        ]) as turn_day,
        unnest([
            'unaware', 'exploring', 'buying', 'loyal', 'advocating', 'drifting', 'gone',
            'coming_back', 'buying', 'drifting', 'gone'
        ]) as state,
        unnest(range(11)) as turn_no
    from people
    where is_customer

),

-- Of two turns on the same day the later one holds.
standing_turns as (

    select
        *,
        lead(turn_day, 1, getvariable('days')) over (
            partition by person
            order by turn_no
        ) as next_day
    from turns
    where turn_day is not null and turn_day < getvariable('days')

)

select
    customer_text(person) as customer_id,
    cast(getvariable('start_date') as date) + cast(turn_day as integer) as valid_from,
    cast(getvariable('start_date') as date) + cast(next_day as integer) as valid_to,
    state
from standing_turns
where next_day > turn_day
order by customer_id, valid_from
