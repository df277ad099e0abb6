-- What is known of each channel and campaign, by day: reports, sessions, orders, refunds, last
-- touches, and first orders by attribution model. A column is null where the row says nothing about
-- it; money that cannot be converted is 0, and is_missing_rate says so.
{%- set measures = {
    'impressions': 'bigint', 'clicks': 'bigint', 'spend': 'decimal(18, 4)', 'sessions': 'integer',
    'orders': 'integer', 'gross_value': 'decimal(18, 4)', 'refund_value': 'decimal(18, 4)',
    'new_customers': 'integer', 'last_touch_value': 'decimal(18, 4)', 'model': 'varchar',
    'share': 'decimal(18, 10)', 'attributed_value': 'decimal(38, 14)',
} %}
{%- set sources = [
    {
        'from': ref('int_kpi_channel_facts'), 'date': 'fact_date', 'missing': 'is_missing_rate',
        'impressions': 'impressions', 'clicks': 'clicks', 'spend': 'spend',
    },
    {'from': ref('int_sessions'), 'date': 'session_date', 'sessions': '1'},
    {
        'from': ref('int_booked_orders'), 'date': 'order_date', 'missing': 'is_missing_rate',
        'orders': '1', 'gross_value': 'coalesce(order_value, 0)',
    },
    {
        'from': 'refunds', 'date': 'refund_date', 'missing': 'is_missing_rate',
        'refund_value': 'coalesce(refund_value, 0)',
    },
    {'from': ref('int_first_orders'), 'date': 'order_date', 'new_customers': '1'},
    {
        'from': 'last_touches', 'date': 'order_date', 'missing': 'is_missing_rate',
        'last_touch_value': 'coalesce(order_value, 0)',
    },
    {
        'from': 'won_customers', 'date': 'order_date', 'missing': 'first_year_value is null',
        'model': 'model', 'share': 'share',
        'attributed_value': 'coalesce(first_year_value * share, 0)',
    },
] %}

with

refunds as (

    select
        refunds.refund_date,
        refunds.refund_value,
        orders.channel,
        orders.campaign,
        orders.is_missing_rate
    from {{ ref('int_refunds') }} as refunds
    inner join {{ ref('int_booked_orders') }} as orders on refunds.order_id = orders.order_id

),

last_touches as (

    select *
    from {{ ref('int_order_touches') }}
    where touch_number = touches

),

won_customers as (

    select
        first_orders.order_date,
        attributed.model,
        attributed.share,
        coalesce(touches.channel, first_orders.channel) as channel,
        coalesce(touches.campaign, first_orders.campaign) as campaign,
        cast(first_years.net_value as decimal(28, 4)) as first_year_value
    from {{ ref('int_first_orders') }} as first_orders
    inner join {{ ref('int_attributed_orders') }} as attributed
        on first_orders.order_id = attributed.order_id
    inner join {{ ref('int_first_year_values') }} as first_years
        on first_orders.person_key = first_years.person_key
    left join {{ ref('int_order_touches') }} as touches
        on
            attributed.order_id = touches.order_id
            and attributed.touch_number = touches.touch_number

),

facts as (

    {% for source in sources -%}
    select
        {% for measure, type in measures.items() -%}
        cast({{ source[measure] or 'null' }} as {{ type }}) as {{ measure }},
        {% endfor -%}
        {{ source.date }} as fact_date,
        channel,
        coalesce(campaign, '') as campaign,
        {{ source.missing or 'false' }} as is_missing_rate
    from {{ source.from }}
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

)

select * from facts
