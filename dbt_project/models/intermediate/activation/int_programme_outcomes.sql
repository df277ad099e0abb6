-- What both sides of the programme did, the global control and everybody else, by month that is
-- over and from the beginning until today (`all`): how many there were, how many of them ordered,
-- and what they paid. Orders count as they were booked at the end of the span. Over 120 lines,
-- since who could have ordered and who did are counted apart.

with

settings as (

    select {{ add_days('as_of_date', 1) }} as tomorrow from {{ ref('int_settings') }}

),

first_play as (

    select min(starts_on) as starts_on
    from {{ ref('int_plays') }}
    where
        not is_service
        and subject_type is not null

),

-- Those whom marketing plays could reach, since when, and on which side they are.
customers as (

    select
        ids.person_key,
        greatest(ids.known_on, first_play.starts_on) as reached_from,
        case
            when {{ is_global_control('ids.person_id') }} then 'holdout'
            else 'treat'
        end as arm
    from {{ ref('int_customer_ids_known') }} as ids
    cross join first_play
    cross join settings
    where
        first_play.starts_on < settings.tomorrow
        and ids.known_on < settings.tomorrow

),

beginning as (

    select min(reached_from) as first_on from customers

),

spans as (

    select
        substr(cast(periods.period_start as string), 1, 7) as month,
        periods.period_end as ends_before
    from {{ ref('int_periods') }} as periods
    cross join settings
    cross join beginning
    where
        periods.period_grain = 'month'
        and periods.period_end <= settings.tomorrow
        and periods.period_end > beginning.first_on

    union all

    select
        'all' as month,
        settings.tomorrow as ends_before
    from settings

),

payments as (

    select
        person_key,
        order_date as paid_on,
        order_date,
        cancelled_on,
        order_value as value,
        is_missing_rate,
        true as is_order
    from {{ ref('int_order_details') }}
    where is_confirmed

    union all

    select
        orders.person_key,
        refunds.refund_date as paid_on,
        orders.order_date,
        orders.cancelled_on,
        -refunds.refund_value as value,
        orders.is_missing_rate,
        false as is_order
    from {{ ref('int_refunds') }} as refunds
    inner join {{ ref('int_order_details') }} as orders on refunds.order_id = orders.order_id
    where orders.is_confirmed

),

monthly_payments as (

    select
        *,
        substr(cast(paid_on as string), 1, 7) as month
    from payments

    union all

    select
        *,
        'all' as month
    from payments

),

customer_months as (

    select
        spans.month,
        customers.arm,
        customers.person_key,
        bool_or(payments.is_order) as has_goal,
        sum(payments.value) as net_revenue,
        bool_or(payments.is_missing_rate) as is_missing_rate
    from monthly_payments as payments
    inner join spans on payments.month = spans.month
    inner join customers on payments.person_key = customers.person_key
    where
        payments.order_date >= customers.reached_from
        and (payments.cancelled_on is null or payments.cancelled_on >= spans.ends_before)
    group by
        spans.month,
        customers.arm,
        customers.person_key

),

month_totals as (

    select
        month,
        arm,
        sum(case when has_goal then 1 else 0 end) as goals,
        sum(net_revenue) as net_revenue,
        sum(
            cast(net_revenue as decimal(18, 4)) * cast(net_revenue as decimal(18, 4))
        ) as squares,
        bool_or(is_missing_rate) as is_missing_rate
    from customer_months
    group by
        month,
        arm

),

arm_starts as (

    select
        arm,
        reached_from,
        count(*) as persons
    from customers
    group by
        arm,
        reached_from

),

populations as (

    select
        spans.month,
        arm_starts.arm,
        sum(arm_starts.persons) as persons
    from spans
    inner join arm_starts on spans.ends_before > arm_starts.reached_from
    group by
        spans.month,
        arm_starts.arm

),

programme_outcomes as (

    select
        'programme' as play,
        populations.month,
        populations.arm,
        populations.persons,
        coalesce(month_totals.goals, 0) as goals,
        coalesce(month_totals.net_revenue, 0) as net_revenue,
        coalesce(month_totals.squares, 0) as squares,
        coalesce(month_totals.is_missing_rate, false) as is_missing_rate
    from populations
    left join month_totals
        on
            populations.month = month_totals.month
            and populations.arm = month_totals.arm

)

select * from programme_outcomes
