-- EUR for one unit of each foreign currency, every day from a week before the start to the end:
-- a straight walk between monthly anchors with a little noise, in whole hundred-thousandths.
with

rate_days as (

    select
        days.day_no,
        pairs.currency,
        pairs.pair_no,
        pairs.middle
    from range(-7, getvariable('days')) as days (day_no)
    cross join (
        values ('GBP', 1, 116500), ('USD', 2, 91500)
    ) as pairs (currency, pair_no, middle)

),

anchored_days as (

    select
        *,
        (day_no + 30) // 30 as step_no,
        (day_no + 30) % 30 as step_day
    from rate_days

),

walked_days as (

    select
        *,
        draw(pair_no * 1000 + step_no, 250, 5000) - 2500 as anchor_from,
        draw(pair_no * 1000 + step_no + 1, 250, 5000) - 2500 as anchor_to,
        draw(pair_no * 100000 + day_no + 10, 251, 300) - 150 as noise
    from anchored_days

)

select
    cast(getvariable('start_date') as date) + cast(day_no as integer) as date,
    currency,
    cast(
        cast(
            middle + noise
            + (anchor_from * (30 - step_day) + anchor_to * step_day + 75000) // 30 - 2500
            as decimal(12, 0)
        ) * cast(0.00001 as decimal(6, 5)) as decimal(12, 5)
    ) as rate
from walked_days
order by date, currency
