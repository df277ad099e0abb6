-- Told again from the orders of each month's new customers: their net revenue less known product
-- costs had reached the month's spend by the end of the month that the KPI names, and not before.
with

first_months as (

    select
        person_key,
        min({{ period_start('order_date', 'month') }}) as cohort_month
    from {{ ref('int_booked_orders') }}
    where not is_guest
    group by person_key

),

order_costs as (

    select
        order_lines.order_id,
        sum(order_lines.quantity * products.unit_cost) as product_cost
    from {{ ref('stg_order_lines') }} as order_lines
    left join {{ ref('stg_products') }} as products
        on order_lines.product_id = products.product_id
    group by order_lines.order_id
    having count(products.unit_cost) = count(*)

),

money as (

    select
        orders.person_key,
        orders.order_date as earned_on,
        orders.order_value - coalesce(order_costs.product_cost, 0) as net_value
    from {{ ref('int_booked_orders') }} as orders
    left join order_costs on orders.order_id = order_costs.order_id

    union all

    select
        orders.person_key,
        refunds.refund_date as earned_on,
        -refunds.refund_value as net_value
    from {{ ref('int_refunds') }} as refunds
    inner join {{ ref('int_booked_orders') }} as orders on refunds.order_id = orders.order_id

),

told_months as (

    select
        payback.period_start,
        cast(payback.numerator as integer) as payback_months,
        spend.numerator as spend
    from {{ ref('kpi_values') }} as payback
    inner join {{ ref('kpi_values') }} as spend
        on
            payback.period_start = spend.period_start
            and payback.period_grain = spend.period_grain
            and payback.dimension = spend.dimension
            and spend.kpi = 'spend'
    where
        payback.kpi = 'cac_payback_months'
        and payback.period_grain = 'month'
        and payback.numerator is not null

),

-- What a month's new customers brought, by month since then.
cohort_money as (

    select
        first_months.cohort_month,
        date_diff('month', first_months.cohort_month, money.earned_on) as month_number,
        sum(money.net_value) as net_value
    from first_months
    inner join money on first_months.person_key = money.person_key
    group by
        first_months.cohort_month,
        month_number

),

earnings as (

    select
        told_months.period_start,
        told_months.payback_months,
        told_months.spend,
        coalesce(sum(cohort_money.net_value), 0) as earned,
        coalesce(
            sum(
                case
                    when cohort_money.month_number < told_months.payback_months
                        then cohort_money.net_value
                end
            ),
            0
        ) as earned_before
    from told_months
    left join cohort_money
        on
            told_months.period_start = cohort_money.cohort_month
            and told_months.payback_months >= cohort_money.month_number
    group by
        told_months.period_start,
        told_months.payback_months,
        told_months.spend

)

select *
from earnings
where
    earned < spend
    or (payback_months > 0 and earned_before >= spend)
