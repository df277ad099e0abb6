-- Equal paces of customers once, for each day on which they were known, with how many had it and
-- what became of those who are judged. Without enough customers who tell a pace there is no fit,
-- hence no row.

with

histories as (

    select
        orders.known_on,
        orders.gaps,
        orders.log_gaps,
        orders.log_gap_squares,
        {{ days_between('orders.last_order_on', 'orders.known_on') }} as silence_days,
        count(*) as customers,
        sum(case when trials.has_returned then 1 else 0 end) as returned,
        sum(case when not trials.has_returned then 1 else 0 end) as gone
    from {{ ref('int_order_snapshots') }} as orders
    left join {{ ref('int_lapse_trials') }} as trials
        on
            orders.person_key = trials.person_key
            and orders.known_on = trials.month_end
    group by
        orders.known_on,
        orders.gaps,
        orders.log_gaps,
        orders.log_gap_squares,
        {{ days_between('orders.last_order_on', 'orders.known_on') }}

),

counted_histories as (

    select
        *,
        sum(case when gaps >= 2 then customers else 0 end) over (partition by known_on)
            as paced_customers
    from histories

),

pace_histories as (

    select
        histories.known_on,
        histories.gaps,
        histories.log_gaps,
        histories.log_gap_squares,
        histories.silence_days,
        histories.customers,
        histories.returned,
        histories.gone
    from counted_histories as histories
    cross join {{ ref('int_kpi_windows') }} as windows
    where histories.paced_customers >= windows.fewest_paced_customers

)

select * from pace_histories
