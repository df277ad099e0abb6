-- What the build knows of what the catalogue's KPIs need: signals and columns with a row up to the
-- as-of date. Columns of channel_daily other than followers are known period by period; a null
-- period means always. Over 120 lines, since each table has rows of its own that do not count.

{% set order_columns = [
    'orders.affiliate_commission',
    'orders.affiliate_id',
    'orders.coupon_code',
    'orders.referral_code',
    'orders.total_discounts',
] %}
{% set order_line_columns = ['order_lines.product_id', 'order_lines.quantity'] %}
{% set product_columns = ['products.category', 'products.unit_cost'] %}
{% set channel_columns = [
    'channel_daily.clicks',
    'channel_daily.comments',
    'channel_daily.impressions',
    'channel_daily.likes',
    'channel_daily.podcast_downloads',
    'channel_daily.podcast_listeners',
    'channel_daily.reach',
    'channel_daily.shares',
    'channel_daily.spend',
] %}

with

settings as (

    select as_of_date from {{ ref('int_settings') }}

),

known_signals as (

    select 'signal:' || signal as input
    from {{ ref('int_person_signals_by_name') }}
    group by signal

    union all

    -- The two signals that are made from the others.
    select 'signal:any' as input
    where exists (select 1 from {{ ref('int_person_signals_by_name') }})

    union all

    select 'signal:reactivation' as input
    where exists (select 1 from {{ ref('int_reactivations') }})

),

-- Whether there is one is known at the first row that has it: no column is read to its end.
known_columns as (

    select 'column:events.value' as input
    where
        exists (
            select 1
            from {{ ref('stg_events') }} as events
            cross join settings
            where
                events.value is not null
                and {{ local_date('events.occurred_at') }} <= settings.as_of_date
        )

    union all

    {% for column in order_columns -%}
    select 'column:{{ column }}' as input
    where
        exists (
            select 1
            from {{ ref('stg_orders') }} as orders
            cross join settings
            where
                {{ column }} is not null
                and orders.is_valid
                and {{ local_date('orders.created_at') }} <= settings.as_of_date
        )

    union all

    {% endfor -%}
    {% for column in order_line_columns -%}
    select 'column:{{ column }}' as input
    where
        exists (
            select 1
            from {{ ref('stg_order_lines') }} as order_lines
            inner join {{ ref('int_orders') }} as orders
                on order_lines.order_id = orders.order_id
            where {{ column }} is not null
        )

    union all

    {% endfor -%}
    {% for column in product_columns -%}
    select 'column:{{ column }}' as input
    where
        exists (
            select 1
            from {{ ref('stg_products') }} as products
            where {{ column }} is not null
        )

    union all

    {% endfor -%}
    select 'column:channel_daily.followers' as input
    where
        exists (
            select 1
            from {{ ref('stg_channel_daily') }} as channel_daily
            cross join settings
            where
                channel_daily.followers is not null
                and channel_daily.date <= settings.as_of_date
        )

),

daily_columns as (

    select
        cast(null as string) as input,
        cast(null as date) as date
    where false
    {%- for column in channel_columns %}

    union all

    select
        'column:{{ column }}' as input,
        channel_daily.date
    from {{ ref('stg_channel_daily') }} as channel_daily
    cross join settings
    where
        {{ column }} is not null
        and channel_daily.date <= settings.as_of_date
    group by channel_daily.date
    {%- endfor %}

),

inputs as (

    select
        input,
        cast(null as string) as period_grain,
        cast(null as date) as period_start
    from known_signals

    union all

    select
        input,
        cast(null as string) as period_grain,
        cast(null as date) as period_start
    from known_columns
    {%- for grain in period_grains() %}

    union all

    select
        input,
        '{{ grain }}' as period_grain,
        {{ period_start('date', grain) }} as period_start
    from daily_columns
    group by
        input,
        {{ period_start('date', grain) }}
    {%- endfor %}

)

select * from inputs
