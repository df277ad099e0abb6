-- What the build knows at all: signals and columns with a row up to the as-of date. Columns of
-- channel_daily other than followers are known period by period; a null period means always. Over
-- 120 lines, since each table is looked at once and its columns are told apart.

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

-- One look at each table, however many columns it has.
event_columns as (  -- noqa: ST03

    select
        {% for column in contract_columns('events') -%}
        count(events.{{ column }}) as {{ column }},
        {% endfor -%}
        count(*) as rows_read
    from {{ ref('stg_events') }} as events
    cross join settings
    where {{ local_date('events.occurred_at') }} <= settings.as_of_date

),

order_columns as (  -- noqa: ST03

    select
        {% for column in contract_columns('orders') if not column.startswith('is_') -%}
        count(orders.{{ column }}) as {{ column }},
        {% endfor -%}
        count(*) as rows_read
    from {{ ref('stg_orders') }} as orders
    cross join settings
    where
        orders.is_valid
        and {{ local_date('orders.created_at') }} <= settings.as_of_date

),

order_line_columns as (  -- noqa: ST03

    select
        {% for column in contract_columns('order_lines') -%}
        count(order_lines.{{ column }}) as {{ column }},
        {% endfor -%}
        count(*) as rows_read
    from {{ ref('stg_order_lines') }} as order_lines
    inner join {{ ref('int_orders') }} as orders on order_lines.order_id = orders.order_id

),

product_columns as (  -- noqa: ST03

    select
        {% for column in contract_columns('products') -%}
        count({{ column }}) as {{ column }},
        {% endfor -%}
        count(*) as rows_read
    from {{ ref('stg_products') }}

),

known_columns as (

    {% for table, counts in [
        ('events', 'event_columns'),
        ('orders', 'order_columns'),
        ('order_lines', 'order_line_columns'),
        ('products', 'product_columns'),
    ] -%}
    {%- for column in contract_columns(table) if not column.startswith('is_') -%}
    select 'column:{{ table }}.{{ column }}' as input
    from {{ counts }}
    where {{ column }} > 0

    union all

    {% endfor -%}
    {%- endfor %}
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
