-- Law: what is recommended was sold in the last quarter, never to that customer, once to a rank,
-- the ranks without a hole.

{{ config(meta={'dagster': {'ref': {'name': 'next_best_product'}}}) }}

with

recommendations as (

    select
        subject_id,
        rank,
        product_id,
        row_number() over (partition by subject_id order by rank) as place,
        count(*) over (partition by subject_id, product_id) as times
    from {{ ref('next_best_product') }}

),

sales as (

    select
        persons.person_id as subject_id,
        persons.guest_order_id is not null as is_guest,
        order_lines.product_id,
        orders.order_date
    from {{ ref('stg_order_lines') }} as order_lines
    inner join {{ ref('int_booked_orders') }} as orders
        on order_lines.order_id = orders.order_id
    inner join {{ ref('int_persons') }} as persons on orders.person_key = persons.person_key

),

latest_sales as (

    select
        sales.product_id,
        max(sales.order_date)
        > {{ add_days('max(settings.as_of_date)', '-max(windows.recent_sale_days)') }} as is_recent
    from sales
    cross join {{ ref('int_settings') }} as settings
    cross join {{ ref('int_kpi_windows') }} as windows
    where not sales.is_guest
    group by sales.product_id

)

select
    recommendations.subject_id,
    recommendations.rank
from recommendations
left join latest_sales on recommendations.product_id = latest_sales.product_id
left join sales
    on
        recommendations.subject_id = sales.subject_id
        and recommendations.product_id = sales.product_id
where
    recommendations.rank <> recommendations.place
    or recommendations.times > 1
    or not coalesce(latest_sales.is_recent, false)
    or sales.subject_id is not null
