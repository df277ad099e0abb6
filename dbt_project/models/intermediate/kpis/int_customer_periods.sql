-- What each customer with a booked order did in a period. A category counts as new on the first day
-- it is bought, unless that is the customer's first order day, on which everything is new.

with

order_days as (

    select * from {{ ref('int_customer_order_days') }}

),

bought_categories as (

    select
        orders.person_key,
        products.category,
        min(orders.order_date) as first_bought_on
    from {{ ref('int_booked_orders') }} as orders
    inner join {{ ref('stg_order_lines') }} as order_lines
        on orders.order_id = order_lines.order_id
    inner join {{ ref('stg_products') }} as products
        on order_lines.product_id = products.product_id
    where
        order_lines.quantity > 0
        and products.category is not null
    group by
        orders.person_key,
        products.category

),

new_category_days as (

    select
        person_key,
        first_bought_on
    from bought_categories
    group by
        person_key,
        first_bought_on

),

loyalty_joins as (

    select
        person_key,
        min(signal_date) as joined_on
    from {{ ref('int_person_signals_by_name') }}
    where signal = 'loyalty_join'
    group by person_key

),

described_days as (

    select
        order_days.*,
        (
            new_category_days.person_key is not null
            and order_days.previous_order_on is not null
        ) as has_new_category,
        loyalty_joins.joined_on
    from order_days
    left join new_category_days
        on
            order_days.person_key = new_category_days.person_key
            and order_days.order_date = new_category_days.first_bought_on
    left join loyalty_joins on order_days.person_key = loyalty_joins.person_key

),

customer_periods as (

    {% for grain in period_grains() -%}
    {%- set start = period_start('order_date', grain) -%}
    select
        '{{ grain }}' as period_grain,
        {{ start }} as period_start,
        person_key,
        cast(sum(orders) as bigint) as orders,
        count(*) as order_days,
        bool_or(previous_order_on is not null) as is_returning,
        bool_or(has_new_category) as has_new_category,
        coalesce(min(joined_on) < {{ period_end('order_date', grain) }}, false) as is_member
    from described_days
    group by
        person_key,
        {{ start }}
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

)

select * from customer_periods
