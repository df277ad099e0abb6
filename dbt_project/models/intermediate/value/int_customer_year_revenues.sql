-- What each customer with an order in the last year brought in it, never below 0, in order: the
-- best one first, ties by id.

with

yearly_revenues as (

    select
        days.person_key,
        persons.person_id,
        sum(days.net_revenue) as net_revenue,
        bool_or(days.is_missing_rate) as is_missing_rate
    from {{ ref('int_net_revenue_days') }} as days
    cross join {{ ref('int_settings') }} as settings
    cross join {{ ref('int_kpi_windows') }} as windows
    inner join {{ ref('int_persons') }} as persons on days.person_key = persons.person_key
    where {{ add_days('days.date', 'windows.revenue_year_days') }} > settings.as_of_date
    group by
        days.person_key,
        persons.person_id
    having sum(days.orders) > 0

),

floored_revenues as (

    select
        person_key,
        person_id,
        cast(greatest(net_revenue, 0) as decimal(28, 4)) as net_revenue,
        is_missing_rate
    from yearly_revenues

),

ranked_revenues as (

    select
        *,
        row_number() over (order by net_revenue desc, person_id asc) as place
    from floored_revenues

)

select * from ranked_revenues
