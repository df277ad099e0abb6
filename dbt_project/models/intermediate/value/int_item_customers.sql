-- Who bought which product, or category, and when first: as it stands today, and as it stood before
-- the last quarter, on which recommendations are tried out.

with

known_days as (

    select
        'today' as purpose,
        as_of_date as known_on
    from {{ ref('int_settings') }}

    union all

    select
        'trial' as purpose,
        {{ add_days('settings.as_of_date', '-windows.recent_sale_days') }} as known_on
    from {{ ref('int_settings') }} as settings
    cross join {{ ref('int_kpi_windows') }} as windows

),

lines as (

    select
        orders.person_key,
        orders.order_date,
        order_lines.product_id,
        products.category
    from {{ ref('stg_order_lines') }} as order_lines
    inner join {{ ref('int_booked_orders') }} as orders
        on order_lines.order_id = orders.order_id
    left join {{ ref('stg_products') }} as products
        on order_lines.product_id = products.product_id
    where not orders.is_guest

),

bought_items as (

    select
        person_key,
        order_date,
        'product' as kind,
        product_id as item
    from lines
    where product_id is not null

    union all

    select
        person_key,
        order_date,
        'category' as kind,
        category as item
    from lines
    where category is not null

),

item_customers as (

    select
        known_days.purpose,
        bought_items.kind,
        bought_items.item,
        bought_items.person_key,
        min(bought_items.order_date) as first_bought_on,
        max(bought_items.order_date)
        > {{ add_days('max(known_days.known_on)', '-max(windows.recent_sale_days)') }} as is_recent
    from bought_items
    inner join known_days on bought_items.order_date <= known_days.known_on
    cross join {{ ref('int_kpi_windows') }} as windows
    where known_days.purpose = 'today' or bought_items.kind = 'product'
    group by
        known_days.purpose,
        bought_items.kind,
        bought_items.item,
        bought_items.person_key

)

select * from item_customers
