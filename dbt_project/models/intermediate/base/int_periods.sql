-- Every period that KPIs speak of, from the first fact to the as-of date. The last one of a grain
-- may not be over yet. The first fact is looked for where facts come from: an event (each begins or
-- continues a visit), a valid order or its delivery, a customer (a lead), a row of channel_daily.
-- All other signals are later: a refund follows its order, a reactivation is an order.

with

settings as (

    select as_of_date from {{ ref('int_settings') }}

),

first_days as (

    select min({{ local_date('occurred_at') }}) as first_on
    from {{ ref('stg_events') }}
    cross join settings
    where {{ local_date('occurred_at') }} <= settings.as_of_date

    union all

    select
        least(
            min({{ local_date('orders.created_at') }}),
            min({{ up_to_as_of(local_date('orders.delivered_at'), 'settings.as_of_date') }})
        ) as first_on
    from {{ ref('stg_orders') }} as orders
    cross join settings
    where
        orders.is_valid
        and {{ local_date('orders.created_at') }} <= settings.as_of_date

    union all

    select min({{ local_date('customers.created_at') }}) as first_on
    from {{ ref('stg_customers') }} as customers
    cross join settings
    where
        not customers.is_deleted
        and {{ local_date('customers.created_at') }} <= settings.as_of_date

    union all

    select min(date) as first_on from {{ ref('stg_channel_daily') }}

),

days as (

    select {{ unnest_dates('first_day.first_on', 'first_day.as_of_date') }} as date
    from (
        select
            min(first_days.first_on) as first_on,
            max(settings.as_of_date) as as_of_date
        from first_days
        cross join settings
    ) as first_day

),

periods as (

    {% for grain in period_grains() -%}
    select
        '{{ grain }}' as period_grain,
        {{ period_start('date', grain) }} as period_start,
        {{ next_period_start(period_start('date', grain), grain) }} as period_end
    from days
    group by {{ period_start('date', grain) }}
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

)

select * from periods
