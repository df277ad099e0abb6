-- How long customers take to order again, by Kaplan and Meier: what the days after which somebody
-- is called at risk or lapsed are to be held against. The last gap of each customer is open and as
-- long as there was time; days on which no order stands any more begin none.

with

order_gaps as (

    select
        days.subject_key as person_key,
        days.order_date,
        row_number() over customer_days as gap_number,
        lead(days.order_date) over customer_days as next_order_on
    from {{ ref('int_order_days') }} as days
    inner join {{ ref('int_persons') }} as persons on days.subject_key = persons.person_key
    where
        days.voided_on is null
        and persons.guest_order_id is null
    window customer_days as (
        partition by days.subject_key
        order by days.order_date
    )

),

measured_gaps as (

    select
        order_gaps.person_key,
        order_gaps.order_date,
        least(order_gaps.gap_number, windows.followed_gaps) as gap_number,
        order_gaps.gap_number >= windows.followed_gaps as is_pooled,
        order_gaps.next_order_on is not null as is_closed,
        {{ days_between(
            'order_gaps.order_date', 'coalesce(order_gaps.next_order_on, settings.as_of_date)'
        ) }} as days
    from order_gaps
    cross join {{ ref('int_settings') }} as settings
    cross join {{ ref('int_kpi_windows') }} as windows

),

gap_days as (

    select
        gap_number,
        is_pooled,
        days,
        sum(case when is_closed then 1 else 0 end) as ordered_again,
        sum(case when is_closed then 0 else 1 end) as still_open
    from measured_gaps
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
