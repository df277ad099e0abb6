-- What the build knows at all: signals and columns with a row up to the as-of date. Columns of
-- channel_daily other than followers are known period by period; a null period means always.
-- Long, since one query per column of the contract.
{%- set stg_events = ref('stg_events') %}
{%- set stg_orders = ref('stg_orders') %}
{%- set stg_order_lines = ref('stg_order_lines') %}
{%- set int_orders = ref('int_orders') %}
{%- set stg_products = ref('stg_products') %}

with

settings as (

    select as_of_date from {{ ref('int_settings') }}

),

known_signals as (

    select 'signal:' || signal as input
    from {{ ref('int_dated_signals') }}
    group by signal

    union all

    -- The two signals that are made from the others.
    select 'signal:any' as input
    where exists (select 1 from {{ ref('int_dated_signals') }})

    union all

    select 'signal:reactivation' as input
    where exists (select 1 from {{ ref('int_reactivations') }})

),

known_columns as (

    select cast(null as string) as input
    where false
    {%- for column in contract_columns('events') %}

    union all

    select 'column:events.{{ column }}' as input
    where
        exists (
            select 1
            from {{ stg_events }} as events
            cross join settings
            where
                events.{{ column }} is not null
                and {{ local_date('events.occurred_at') }} <= settings.as_of_date
        )
    {%- endfor %}
    {%- for column in contract_columns('orders') if not column.startswith('is_') %}

    union all

    select 'column:orders.{{ column }}' as input
    where
        exists (
            select 1
            from {{ stg_orders }} as orders
            cross join settings
            where
                orders.is_valid
                and orders.{{ column }} is not null
                and {{ local_date('orders.created_at') }} <= settings.as_of_date
        )
    {%- endfor %}
    {%- for column in contract_columns('order_lines') %}

    union all

    select 'column:order_lines.{{ column }}' as input
    where
        exists (
            select 1
            from {{ stg_order_lines }} as order_lines
            inner join {{ int_orders }} as orders on order_lines.order_id = orders.order_id
            where order_lines.{{ column }} is not null
        )
    {%- endfor %}
    {%- for column in contract_columns('products') %}

    union all

    select 'column:products.{{ column }}' as input
    where exists (select 1 from {{ stg_products }} where {{ column }} is not null)
    {%- endfor %}

    union all

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
    {%- for column in contract_columns('channel_daily')
        if column not in ['date', 'channel', 'campaign', 'followers'] %}

    union all

    select
        'column:channel_daily.{{ column }}' as input,
        channel_daily.date
    from {{ ref('stg_channel_daily') }} as channel_daily
    cross join settings
    where
        channel_daily.{{ column }} is not null
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
