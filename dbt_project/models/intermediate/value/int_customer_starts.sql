-- How each customer began: what is known of the person, and the first booked order, whose first
-- line gives the first product. The device is that of the first session that tells one.

with

first_orders as (

    select
        person_key,
        min_by(order_id, (created_at, order_id)) as order_id,
        min(order_date) as first_order_on
    from {{ ref('int_booked_orders') }}
    where not is_guest
    group by person_key

),

first_lines as (

    select
        order_lines.order_id,
        min_by(order_lines.product_id, order_lines.line_number) as product_id
    from {{ ref('stg_order_lines') }} as order_lines
    inner join first_orders on order_lines.order_id = first_orders.order_id
    group by order_lines.order_id

),

devices as (

    select
        person_key,
        min_by(device_type, (started_at, session_id)) as device_type
    from {{ ref('int_sessions') }}
    where device_type is not null
    group by person_key

),

customer_starts as (

    select
        first_orders.person_key,
        persons.person_id,
        first_orders.first_order_on,
        nullif(trim(customers.country), '') as country,
        nullif(acquisitions.channel, 'unknown') as acquisition_channel,
        devices.device_type as device,
        first_lines.product_id as first_product,
        products.category as first_category,
        case when orders.has_coupon then 'yes' else 'no' end as first_coupon
    from first_orders
    inner join {{ ref('int_persons') }} as persons
        on first_orders.person_key = persons.person_key
    inner join {{ ref('int_booked_orders') }} as orders
        on first_orders.order_id = orders.order_id
    inner join {{ ref('int_acquisitions') }} as acquisitions
        on first_orders.person_key = acquisitions.person_key
    left join {{ ref('stg_customers') }} as customers
        on persons.customer_id = customers.customer_id
    left join devices on first_orders.person_key = devices.person_key
    left join first_lines on first_orders.order_id = first_lines.order_id
    left join {{ ref('stg_products') }} as products
        on first_lines.product_id = products.product_id

)

select * from customer_starts
