-- What is known of each channel and campaign, summed by day, before any longer period groups it:
-- reports, sessions, orders, refunds, last touches, and first orders by attribution model. A column
-- is null where the row says nothing about it; money that cannot be converted is 0, and
-- is_missing_rate says so. Over 120 lines, since each kind of fact is a select of its own.
{%- set measures = [
    'impressions', 'clicks', 'spend', 'sessions', 'orders', 'gross_value', 'refund_value',
    'new_customers', 'last_touch_value', 'share', 'attributed_value',
] %}

with

report_facts as (

    select
        fact_date,
        channel,
        campaign,
        is_missing_rate,
        impressions,
        clicks,
        spend
    from {{ ref('int_channel_reports') }}

),

session_facts as (

    select
        session_date as fact_date,
        channel,
        campaign,
        1 as sessions
    from {{ ref('int_sessions') }}

),

order_facts as (

    select
        order_date as fact_date,
        channel,
        campaign,
        is_missing_rate,
        1 as orders,
        coalesce(order_value, 0) as gross_value
    from {{ ref('int_booked_orders') }}

),

refund_facts as (

    select
        refunds.refund_date as fact_date,
        orders.channel,
        orders.campaign,
        orders.is_missing_rate,
        coalesce(refunds.refund_value, 0) as refund_value
    from {{ ref('int_refunds') }} as refunds
    inner join {{ ref('int_booked_orders') }} as orders on refunds.order_id = orders.order_id

),

customer_facts as (

    select
        order_date as fact_date,
        channel,
        campaign,
        1 as new_customers
    from {{ ref('int_first_orders') }}

),

last_touch_facts as (

    select
        order_date as fact_date,
        channel,
        campaign,
        is_missing_rate,
        coalesce(order_value, 0) as last_touch_value
    from {{ ref('int_order_touches') }}
    where touch_number = touches

),

first_year_facts as (

    select
        first_orders.order_date as fact_date,
        attributed.channel,
        attributed.campaign,
        first_years.net_value is null as is_missing_rate,
        attributed.model,
        attributed.share,
        coalesce(cast(first_years.net_value as decimal(28, 4)) * attributed.share, 0)
            as attributed_value
    from {{ ref('int_first_orders') }} as first_orders
    inner join {{ ref('int_attributed_orders') }} as attributed
        on
            first_orders.person_key = attributed.person_key
            and attributed.order_number = 1
    inner join {{ ref('int_first_year_values') }} as first_years
        on first_orders.person_key = first_years.person_key

),

united_facts as (

    {{ union_by_name([
        'report_facts',
        'session_facts',
        'order_facts',
        'refund_facts',
        'customer_facts',
        'last_touch_facts',
        'first_year_facts',
    ]) }}

),

facts as (

    select
        fact_date,
        channel,
        coalesce(campaign, '') as campaign,
        coalesce(is_missing_rate, false) as is_missing_rate,
        model,
        {%- for measure in measures %}
        sum({{ measure }}) as {{ measure }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from united_facts
    group by
        fact_date,
        channel,
        coalesce(campaign, ''),
        coalesce(is_missing_rate, false),
        model

)

select * from facts
