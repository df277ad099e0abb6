-- What the booked orders of each customer come to: all of them, and the last 365 days, in which a
-- refund counts on its own day. Over 120 lines, since orders, refunds and lines are summed apart.

with

settings as (

    select
        as_of_date,
        {{ add_days('as_of_date', -365) }} as year_after
    from {{ ref('int_settings') }}

),

orders as (

    select * from {{ ref('int_booked_orders') }}
    where not is_guest

),

order_totals as (

    select
        orders.person_key,
        count(*) as orders,
        count(distinct orders.order_date) as order_days,
        min(orders.order_date) as first_order_on,
        max(orders.order_date) as last_order_on,
        min_by(orders.order_id, orders.order_number) as first_order_id,
        max_by(orders.order_id, orders.order_number) as last_order_id,
        sum(orders.units) as units,
        bool_or(orders.is_missing_rate) as is_missing_rate,
        sum(orders.order_value) as gross_revenue,
        sum(orders.order_value - orders.refunded_value) as net_revenue,
        case when count(*) = count(orders.product_cost) then sum(orders.product_cost) end
            as product_cost,
        sum(case when orders.has_refund then 1 else 0 end) as refunded_orders,
        sum(case when orders.has_coupon then 1 else 0 end) as coupon_orders,
        sum(case when orders.order_date > settings.year_after then 1 else 0 end)
            as orders_in_year,
        sum(case when orders.order_date > settings.year_after then orders.order_value else 0 end)
            as gross_revenue_in_year,
        bool_or(orders.is_missing_rate and orders.order_date > settings.year_after)
            as is_missing_rate_in_year
    from orders
    cross join settings
    group by orders.person_key

),

refund_totals as (

    select
        orders.person_key,
        sum(refunds.refund_value) as refunded_in_year,
        bool_or(orders.is_missing_rate) as is_missing_rate_in_year
    from {{ ref('int_refunds') }} as refunds
    cross join settings
    inner join orders on refunds.order_id = orders.order_id
    where refunds.refund_date > settings.year_after
    group by orders.person_key

),

first_lines as (

    select
        orders.person_key,
        min_by(lines.product_id, lines.line_number) as product_id,
        min_by(coalesce(lines.category, ''), lines.line_number) as category
    from orders
    inner join {{ ref('int_order_lines') }} as lines on orders.order_id = lines.order_id
    where orders.order_number = 1
    group by orders.person_key

),

category_totals as (

    select
        orders.person_key,
        lines.category,
        sum(lines.net_amount) as net_amount
    from orders
    inner join {{ ref('int_order_lines') }} as lines on orders.order_id = lines.order_id
    where lines.category is not null
    group by
        orders.person_key,
        lines.category

),

favourites as (

    select
        person_key,
        category
    from (
        select
            *,
            row_number() over (
                partition by person_key
                order by net_amount desc nulls last, category asc
            ) as place
        from category_totals
    ) as ranked_categories
    where place = 1

),

summaries as (

    select
        totals.person_key,
        totals.orders,
        totals.order_days,
        totals.first_order_on,
        totals.last_order_on,
        totals.first_order_id,
        totals.last_order_id,
        totals.units,
        case when not totals.is_missing_rate then totals.gross_revenue end as gross_revenue,
        case when not totals.is_missing_rate then totals.net_revenue end as net_revenue,
        totals.product_cost,
        totals.refunded_orders,
        totals.coupon_orders,
        totals.orders_in_year,
        case
            when
                not (
                    totals.is_missing_rate_in_year
                    or coalesce(refunds.is_missing_rate_in_year, false)
                )
                then cast(
                    totals.gross_revenue_in_year - coalesce(refunds.refunded_in_year, 0)
                    as decimal(18, 4)
                )
        end as net_revenue_in_year,
        first_lines.product_id as first_product_id,
        nullif(first_lines.category, '') as first_category,
        favourites.category as favourite_category
    from order_totals as totals
    left join refund_totals as refunds on totals.person_key = refunds.person_key
    left join first_lines on totals.person_key = first_lines.person_key
    left join favourites on totals.person_key = favourites.person_key

)

select * from summaries
