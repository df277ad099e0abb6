-- What each channel cost in a period, and what the orders that it touched last brought, if it cost
-- anything in that period.

with

daily_facts as (

    select
        fact_date as date,
        channel,
        spend,
        is_missing_rate,
        cast(null as decimal(18, 4)) as gross_value,
        cast(null as integer) as orders
    from {{ ref('int_channel_reports') }}
    where spend is not null

    union all

    select
        order_date as date,
        channel,
        cast(null as decimal(18, 4)) as spend,
        is_missing_rate,
        coalesce(order_value, 0) as gross_value,
        1 as orders
    from {{ ref('int_order_touches') }}
    where touch_number = touches

),

channel_periods as (

    {% for grain in period_grains() -%}
    select
        '{{ grain }}' as period_grain,
        {{ period_start('date', grain) }} as period_start,
        channel,
        sum(spend) as spend,
        sum(gross_value) as gross_value,
        sum(orders) as orders,
        coalesce(bool_or(is_missing_rate and spend is not null), false) as is_missing_spend,
        coalesce(bool_or(is_missing_rate and spend is null), false) as is_missing_value
    from daily_facts
    group by
        {{ period_start('date', grain) }},
        channel
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

-- Spend that could not be converted is spend all the same.
sets as (

    select
        period_grain,
        period_start,
        channel,
        spend,
        case when spend > 0 or is_missing_spend then coalesce(gross_value, 0) else 0 end
            as gross_value,
        case when spend > 0 or is_missing_spend then coalesce(orders, 0) else 0 end as orders,
        is_missing_spend or (spend > 0 and is_missing_value) as is_missing_rate
    from channel_periods
    where spend is not null

)

select * from sets
