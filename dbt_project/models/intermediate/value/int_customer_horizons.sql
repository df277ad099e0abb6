-- What each customer brought in the days after the first order, among those for whom these days are
-- over: a year, or a quarter in a shop with too few customers that are a year old. Customers whose
-- money is unknown are left out. The best fifth is rounded up, ties by id.

with

aged_customers as (

    select
        starts.person_key,
        starts.person_id,
        starts.first_order_on,
        {{ days_between('starts.first_order_on', 'settings.as_of_date') }} as age_days
    from {{ ref('int_customer_starts') }} as starts
    cross join {{ ref('int_settings') }} as settings

),

horizons as (

    select
        case
            when
                sum(case when customers.age_days >= windows.first_year_days then 1 else 0 end)
                >= windows.fewest_year_old_customers
                then windows.first_year_days
            else windows.first_quarter_days
        end as horizon_days
    from {{ ref('int_kpi_windows') }} as windows
    left join aged_customers as customers
        on windows.first_quarter_days <= customers.age_days
    group by
        windows.first_year_days,
        windows.fewest_year_old_customers,
        windows.first_quarter_days

),

matured_customers as (

    select
        customers.person_key,
        customers.person_id,
        customers.first_order_on,
        horizons.horizon_days
    from aged_customers as customers
    inner join horizons on customers.age_days >= horizons.horizon_days

),

-- Whoever orders again within the window orders again on a later day.
customer_totals as (

    select
        customers.person_key,
        customers.person_id,
        customers.horizon_days,
        cast(
            sum(
                case
                    when
                        days.date <= {{ add_days(
                            'customers.first_order_on', 'customers.horizon_days'
                        ) }}
                        then days.net_revenue
                    else 0
                end
            ) as decimal(28, 4)
        ) as net_revenue,
        bool_or(
            days.is_missing_rate
            and days.date
            <= {{ add_days('customers.first_order_on', 'customers.horizon_days') }}
        ) as is_missing_rate,
        bool_or(
            days.orders > 0
            and days.date > customers.first_order_on
            and days.date <= {{ add_days('customers.first_order_on', 'windows.second_order_days') }}
        ) as has_second_order
    from matured_customers as customers
    cross join {{ ref('int_kpi_windows') }} as windows
    inner join {{ ref('int_net_revenue_days') }} as days
        on customers.person_key = days.person_key
    group by
        customers.person_key,
        customers.person_id,
        customers.horizon_days

),

ranked_customers as (

    select
        person_key,
        horizon_days,
        net_revenue,
        has_second_order,
        row_number() over (order by net_revenue desc, person_id asc) as place,
        count(*) over () as customers
    from customer_totals
    where not is_missing_rate

),

customer_horizons as (

    select
        ranked_customers.person_key,
        ranked_customers.horizon_days,
        ranked_customers.net_revenue,
        ranked_customers.has_second_order,
        100 * (ranked_customers.place - 1)
        < windows.best_customers_percent * ranked_customers.customers as is_best
    from ranked_customers
    cross join {{ ref('int_kpi_windows') }} as windows

)

select * from customer_horizons
