-- Customers at the month ends that lie long enough ago to know who was gone then: the last order as
-- it stood that day, the health that was told, and whether an order came after.

with

standings as (

    select
        orders.person_key,
        orders.known_on as month_end,
        orders.last_order_on
    from {{ ref('int_order_snapshots') }} as orders
    cross join {{ ref('int_settings') }} as settings
    cross join {{ ref('int_kpi_windows') }} as windows
    where
        orders.known_on < settings.as_of_date
        and orders.known_on <= {{ add_days('orders.last_order_on', 'windows.judged_silence_days') }}

),

-- One line of days for each person: on a day of several things its end comes last.
moments as (

    select
        person_key,
        month_end as moment,
        1 as is_month_end,
        cast(null as date) as order_date,
        cast(null as string) as health,
        last_order_on
    from standings

    union all

    select
        subject_key as person_key,
        order_date as moment,
        0 as is_month_end,
        order_date,
        cast(null as string) as health,
        cast(null as date) as last_order_on
    from {{ ref('int_order_days') }}
    where voided_on is null

    union all

    select
        subject_key as person_key,
        changed_on as moment,
        0 as is_month_end,
        cast(null as date) as order_date,
        health,
        cast(null as date) as last_order_on
    from {{ ref('int_health_changes') }}

),

judged_moments as (

    select
        person_key,
        moment as month_end,
        is_month_end,
        last_order_on,
        max(case when health is not null then moment end) over before as health_since,
        {{ ignoring_nulls('last_value', 'health') }} over before as health,
        min(order_date) over ahead as next_order_on
    from moments
    window
        before as (
            partition by person_key
            order by moment, is_month_end, order_date nulls first, health
            rows between unbounded preceding and current row
        ),
        ahead as (
            partition by person_key
            order by moment, is_month_end, order_date nulls first, health
            rows between 1 following and unbounded following
        )

),

trials as (

    select
        judged_moments.person_key,
        judged_moments.month_end,
        judged_moments.last_order_on,
        judged_moments.health,
        judged_moments.health_since,
        coalesce(
            judged_moments.next_order_on
            <= {{ add_days('judged_moments.month_end', 'windows.lapse_truth_days') }},
            false
        ) as has_returned
    from judged_moments
    cross join {{ ref('int_kpi_windows') }} as windows
    where judged_moments.is_month_end = 1

)

select * from trials
