-- What customers are worth: on the day of the first order what each has brought in to date, and by
-- month, quarter and year how much of the revenue the best of them bring. The margin is known only
-- of customers whose every order has known costs; what comes back is not sold again, so a refund
-- lowers the revenue and returns no cost.

with

kpis as (

    select * from {{ ref('kpis') }}
    where model = 'int_kpi_value'

),

customers as (

    select
        orders.person_key,
        min(orders.order_date) as first_order_on,
        bool_or(orders.is_missing_rate) as is_missing_rate,
        sum(coalesce(orders.order_value, 0) - coalesce(orders.refunded_value, 0)) as net_revenue,
        sum(orders.product_cost) as product_cost,
        count(*) = count(orders.product_cost) as is_cost_known
    from {{ ref('int_booked_orders') }} as orders
    where not orders.is_guest
    group by orders.person_key

),

customer_rows as (

    select
        kpis.kpi,
        customers.first_order_on as fact_date,
        customers.person_key,
        -- Cast branch by branch: a `case` over widths of 38 keeps the decimals of the poorest.
        case kpis.kpi
            when 'average_revenue_to_date' then cast(customers.net_revenue as decimal(28, 10))
            when 'average_margin_to_date'
                then case
                    when customers.is_cost_known
                        then cast(
                            customers.net_revenue - customers.product_cost as decimal(28, 10)
                        )
                end
        end as numerator,
        case kpis.kpi
            when 'average_revenue_to_date' then 1
            when 'average_margin_to_date' then case when customers.is_cost_known then 1 end
        end as denominator,
        customers.is_missing_rate
    from customers
    cross join kpis

),

concentration_rows as (

    select
        'revenue_share_top_20' as kpi,
        period_grain,
        period_start,
        cast(top_net_revenue as decimal(28, 10)) as numerator,
        cast(net_revenue as decimal(28, 10)) as denominator,
        customers as sample_size,
        is_missing_rate,
        case when not has_full_year then cast('9999-12-31' as date) end as mature_on
    from {{ ref('int_revenue_concentration') }}

),

kpi_rows as (

    {{ union_by_name(['customer_rows', 'concentration_rows']) }}

)

select * from kpi_rows
