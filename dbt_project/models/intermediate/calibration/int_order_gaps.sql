-- The gaps between the order days of customers, in number, the late ones under one number; the last
-- one of each is open and as long as there was time. Days on which no order stands any more are
-- none.

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

)

select * from measured_gaps
