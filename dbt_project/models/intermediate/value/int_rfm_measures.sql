-- Recency, frequency and value of each customer at each month end and today, from what was known
-- that day: an order counts until it is cancelled, a refund from its date on. What orders and
-- refunds do to a customer is summed by the month end that first sees it, so that each month end
-- is a running total. Over 120 lines, since orders, days of orders and refunds change it apart.

{% set window_days = var('rfm_window_days') | int %}

with

settings as (

    select as_of_date from {{ ref('int_settings') }}

),

orders as (

    select
        order_id,
        person_key,
        order_date,
        order_value,
        cancelled_on as stands_until,
        {% if window_days -%}
        least(cancelled_on, {{ add_days('order_date', window_days) }}) as counts_until
        {%- else -%}
        cancelled_on as counts_until
        {%- endif %}
    from {{ ref('int_order_details') }}
    where
        is_confirmed
        and not is_guest
        and coalesce(cancelled_on > order_date, true)

),

-- An order day stands while any of its orders does.
order_days as (

    select
        person_key,
        order_date,
        case when count(*) = count(stands_until) then max(stands_until) end as stands_until,
        case when count(*) = count(counts_until) then max(counts_until) end as counts_until
    from orders
    group by
        person_key,
        order_date

),

amounts as (

    select
        person_key,
        order_date as counts_from,
        counts_until,
        coalesce(order_value, 0) as amount,
        case when order_value is null then 1 else 0 end as unrated_orders
    from orders

    union all

    select
        orders.person_key,
        refunds.refund_date as counts_from,
        orders.counts_until,
        -coalesce(refunds.refund_value, 0) as amount,
        0 as unrated_orders
    from {{ ref('int_refunds') }} as refunds
    inner join orders on refunds.order_id = orders.order_id
    where coalesce(refunds.refund_date < orders.counts_until, true)

),

changes as (

    select
        person_key,
        counts_from as changed_on,
        amount,
        unrated_orders,
        0 as counted_days,
        0 as standing_days,
        cast(null as date) as lasting_order_on
    from amounts

    union all

    select
        person_key,
        counts_until as changed_on,
        -amount as amount,
        -unrated_orders as unrated_orders,
        0 as counted_days,
        0 as standing_days,
        cast(null as date) as lasting_order_on
    from amounts
    where counts_until is not null

    union all

    select
        person_key,
        order_date as changed_on,
        0 as amount,
        0 as unrated_orders,
        1 as counted_days,
        1 as standing_days,
        case when stands_until is null then order_date end as lasting_order_on
    from order_days

    union all

    select
        person_key,
        counts_until as changed_on,
        0 as amount,
        0 as unrated_orders,
        -1 as counted_days,
        0 as standing_days,
        cast(null as date) as lasting_order_on
    from order_days
    where counts_until is not null

    union all

    select
        person_key,
        stands_until as changed_on,
        0 as amount,
        0 as unrated_orders,
        0 as counted_days,
        -1 as standing_days,
        cast(null as date) as lasting_order_on
    from order_days
    where stands_until is not null

),

seen_changes as (

    select
        changes.person_key,
        least(
            {{ add_days(period_end('changes.changed_on', 'month'), -1) }},
            settings.as_of_date
        ) as seen_on,
        sum(changes.amount) as amount,
        sum(changes.unrated_orders) as unrated_orders,
        sum(changes.counted_days) as counted_days,
        sum(changes.standing_days) as standing_days,
        max(changes.lasting_order_on) as lasting_order_on
    from changes
    cross join settings
    where changes.changed_on <= settings.as_of_date
    group by
        changes.person_key,
        least(
            {{ add_days(period_end('changes.changed_on', 'month'), -1) }},
            settings.as_of_date
        )

),

totals as (

    select
        person_key,
        seen_on as valid_from,
        lead(seen_on, 1, {{ open_end() }}) over customer_changes as valid_to,
        sum(amount) over customer_changes as amount,
        sum(unrated_orders) over customer_changes as unrated_orders,
        sum(counted_days) over customer_changes as counted_days,
        sum(standing_days) over customer_changes as standing_days,
        max(lasting_order_on) over customer_changes as lasting_order_on
    from seen_changes
    window customer_changes as (partition by person_key order by seen_on)

),

-- The few days whose orders were all cancelled later.
passing_days as (

    select
        order_days.person_key,
        dates.as_of_date,
        max(order_days.order_date) as order_date
    from order_days
    inner join {{ ref('int_rfm_dates') }} as dates
        on
            order_days.order_date <= dates.as_of_date
            and order_days.stands_until > dates.as_of_date
    where order_days.stands_until is not null
    group by
        order_days.person_key,
        dates.as_of_date

),

measures as (

    select
        dates.as_of_date,
        dates.date_no,
        dates.is_written,
        totals.person_key,
        cast(
            {{ days_between(
                'greatest(totals.lasting_order_on, passing_days.order_date)', 'dates.as_of_date'
            ) }} as integer
        ) as recency_days,
        cast(totals.counted_days as bigint) as frequency,
        case when totals.unrated_orders = 0 then cast(totals.amount as decimal(18, 4)) end
            as monetary
    from totals
    inner join {{ ref('int_rfm_dates') }} as dates
        on
            totals.valid_from <= dates.as_of_date
            and totals.valid_to > dates.as_of_date
    left join passing_days
        on
            totals.person_key = passing_days.person_key
            and dates.as_of_date = passing_days.as_of_date
    where totals.standing_days > 0

)

select * from measures
