-- How often customers buy. An order day counts on its date: the first one whether a second follows
-- in time, every later one how long the customer took to come back. The customers of a period are
-- counted anew in each and summed by slice before they are told of for KPIs; a sum of nothing is
-- null. What newcomers begin counts on the date of their first purchase. Over 120 lines, since
-- days, periods and newcomers count for KPIs of their own.
{%- set dimensions = ['country', 'account'] %}

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

sliced_customers as (

    select
        customers.*,
        attributes.country,
        attributes.account
    from {{ ref('int_customer_periods') }} as customers
    inner join {{ ref('int_person_attributes') }} as attributes
        on customers.person_key = attributes.person_key

),

period_totals as (

    select
        period_grain,
        period_start,
        {{ slice_of_a_sum(dimensions) }},
        count(*) as customers,
        sum(orders) as orders,
        sum(cast(order_days >= 2 as integer)) as repeat_customers,
        sum(case when is_returning then 1 end) as returning_customers,
        sum(case when has_new_category then 1 end) as customers_with_new_category,
        sum(cast(is_member as integer)) as members
    from sliced_customers
    group by {{ every_slice('period_grain, period_start', dimensions) }}

),

period_rows as (

    select
        kpis.kpi,
        totals.period_grain,
        totals.period_start,
        totals.dimension,
        totals.dimension_value,
        case kpis.kpi
            when 'orders_per_customer' then totals.orders
            when 'repeat_purchase_rate' then totals.repeat_customers
            when 'returning_customer_rate' then totals.returning_customers
            when 'cross_sell_rate' then totals.customers_with_new_category
            when 'loyalty_participation_rate' then totals.members
        end as numerator,
        case kpis.kpi
            when 'orders_per_customer' then totals.customers
            when 'repeat_purchase_rate' then totals.customers
            when 'returning_customer_rate' then totals.customers
            when 'cross_sell_rate' then totals.returning_customers
            when 'loyalty_participation_rate' then totals.customers
        end as denominator
    from period_totals as totals
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
