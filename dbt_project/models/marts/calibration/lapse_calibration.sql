-- How long customers take to order again, by Kaplan and Meier: what the days after which somebody
-- is called at risk or lapsed are to be held against.

with

gap_days as (

    select
        gap_number,
        is_pooled,
        days,
        sum(case when is_closed then 1 else 0 end) as ordered_again,
        sum(case when is_closed then 0 else 1 end) as still_open
    from {{ ref('int_order_gaps') }}
    group by
        gap_number,
        is_pooled,
        days

),

exposed_days as (

    select
        *,
        sum(ordered_again + still_open) over (
            partition by gap_number
            order by days desc
        ) as at_risk
    from gap_days

),

lapse_calibration as (

    select
        cast(gap_number as string) || case when is_pooled then '+' else '' end as gap_ordinal,
        cast(days as integer) as day,
        cast(at_risk as bigint) as at_risk,
        cast(ordered_again as bigint) as ordered_again,
        cast(still_open as bigint) as still_open,
        cast(
            {{ product('cast(at_risk - ordered_again as double) / at_risk') }} over (
                partition by gap_number
                order by days
            ) as decimal(38, 10)
        ) as survival
    from exposed_days

)

select * from lapse_calibration
