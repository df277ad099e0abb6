-- How often customers buy. An order day counts on its date: the first one whether a second follows
-- in time, every later one how long the customer took to come back. The customers of a period are
-- counted anew in each. What newcomers begin counts on the date of their first purchase.

with

kpis as (

    select * from {{ ref('kpis') }}
    where model = 'int_kpi_customers'

),

order_days as (

    select
        days.order_date,
        days.person_key,
        days.previous_order_on is null as is_first,
        {{ days_between('days.previous_order_on', 'days.order_date') }} as days_since_previous,
        coalesce(
            days.next_order_on <= {{ add_days('days.order_date', 'windows.second_order_days') }},
            false
        ) as has_second_order
    from {{ ref('int_customer_order_days') }} as days
    cross join {{ ref('int_kpi_windows') }} as windows

),

day_rows as (

    select
        kpis.kpi,
        order_days.order_date as fact_date,
        order_days.person_key,
        case kpis.kpi
            when 'second_order_rate_90d'
                then case
                    when order_days.is_first then cast(order_days.has_second_order as integer)
                end
            when 'average_days_between_orders' then order_days.days_since_previous
        end as numerator,
        case kpis.kpi
            when 'second_order_rate_90d' then case when order_days.is_first then 1 end
            when 'average_days_between_orders' then case when not order_days.is_first then 1 end
        end as denominator
    from order_days
    cross join kpis

),

period_rows as (

    select
        kpis.kpi,
        customers.period_grain,
        customers.period_start,
        customers.person_key,
        case kpis.kpi
            when 'orders_per_customer' then customers.orders
            when 'repeat_purchase_rate' then cast(customers.order_days >= 2 as integer)
            when 'returning_customer_rate' then cast(customers.is_returning as integer)
            when 'cross_sell_rate' then case when customers.has_new_category then 1 end
            when 'loyalty_participation_rate' then cast(customers.is_member as integer)
        end as numerator,
        case kpis.kpi
            when 'orders_per_customer' then 1
            when 'repeat_purchase_rate' then 1
            when 'returning_customer_rate' then 1
            when 'cross_sell_rate' then case when customers.is_returning then 1 end
            when 'loyalty_participation_rate' then 1
        end as denominator
    from {{ ref('int_customer_periods') }} as customers
    cross join kpis

),

starting_rows as (

    select
        kpis.kpi,
        purchases.purchased_on as fact_date,
        purchases.person_key,
        case kpis.kpi
            when 'onboarding_completion_rate_30d'
                then case
                    when
                        purchases.onboarded_on
                        <= {{ add_days('purchases.purchased_on', 'windows.starting_days') }}
                        then 1
                end
            when 'feature_adoption_rate_30d'
                then case
                    when
                        purchases.feature_used_on
                        <= {{ add_days('purchases.purchased_on', 'windows.starting_days') }}
                        then 1
                end
        end as numerator,
        case kpis.kpi
            when 'onboarding_completion_rate_30d' then 1
            when 'feature_adoption_rate_30d' then 1
        end as denominator
    from {{ ref('int_first_purchases') }} as purchases
    cross join {{ ref('int_kpi_windows') }} as windows
    cross join kpis

),

kpi_rows as (

    {{ union_by_name(['day_rows', 'period_rows', 'starting_rows']) }}

)

select * from kpi_rows
