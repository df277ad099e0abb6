-- Told again from the booked orders of customers: the days between their order days, and the middle
-- number of days from being seen to the first order, month by month.
with

orders as (

    select
        person_key,
        order_date
    from {{ ref('int_booked_orders') }}
    where not is_guest
    group by
        person_key,
        order_date

),

spaced_orders as (

    select
        person_key,
        order_date,
        lag(order_date) over (partition by person_key order by order_date) as previous_on
    from orders

),

first_seen as (

    select
        person_key,
        min(signal_date) as first_seen_on
    from {{ ref('int_person_signals_by_name') }}
    group by person_key

),

month_facts as (

    select
        {{ period_start('spaced_orders.order_date', 'month') }} as period_start,
        sum({{ days_between('spaced_orders.previous_on', 'spaced_orders.order_date') }})
            as gap_days,
        count(spaced_orders.previous_on) as gaps,
        median(
            case
                when spaced_orders.previous_on is null
                    then {{ days_between('first_seen.first_seen_on', 'spaced_orders.order_date') }}
            end
        ) as median_days
    from spaced_orders
    inner join first_seen on spaced_orders.person_key = first_seen.person_key
    group by {{ period_start('spaced_orders.order_date', 'month') }}

)

select
    kpi_values.kpi,
    kpi_values.period_start,
    kpi_values.numerator,
    kpi_values.denominator,
    month_facts.gap_days,
    month_facts.gaps,
    month_facts.median_days
from {{ ref('kpi_values') }} as kpi_values
left join month_facts on kpi_values.period_start = month_facts.period_start
where
    kpi_values.period_grain = 'month'
    and kpi_values.dimension = 'all'
    and kpi_values.status <> 'no_input'
    and (
        (
            kpi_values.kpi = 'average_days_between_orders'
            and (
                kpi_values.numerator <> coalesce(month_facts.gap_days, 0)
                or kpi_values.denominator <> coalesce(month_facts.gaps, 0)
            )
        )
        or (
            kpi_values.kpi = 'median_days_to_first_order'
            and coalesce(kpi_values.numerator, -1) <> coalesce(month_facts.median_days, -1)
        )
    )
