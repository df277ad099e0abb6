-- When buyers really stopped: from drifting_on they order no more until returned_on; one row per
-- customer and run of orders that ended within the simulated time.
with

ended_runs as (

    select
        person, buyer_type, 1 as run_no, buy_day as from_day, drift_day_1 as drift_day,
        gone_day_1 as gone_day, back_day
    from people
    where
        is_customer and buyer_type <> 'member'
        and buy_day is not null and drift_day_1 is not null
    union all
    select
        person, buyer_type, 2 as run_no, back_day as from_day, drift_day_2 as drift_day,
        gone_day_2 as gone_day, cast(null as bigint) as back_day
    from people
    where is_customer and buyer_type <> 'member' and drift_day_2 is not null

)

select
    customer_text(person) as customer_id,
    run_no,
    buyer_type,
    cast(getvariable('start_date') as date) + cast(from_day as integer) as started_on,
    cast(getvariable('start_date') as date) + cast(drift_day as integer) as drifting_on,
    cast(getvariable('start_date') as date) + cast(gone_day as integer) as churned_on,
    cast(getvariable('start_date') as date) + cast(back_day as integer) as returned_on
from ended_runs
order by customer_id, run_no
