-- Today's recency, frequency and value of every customer are those of the booked orders; where
-- only the orders of a window count, recency alone.

{{ config(meta={'dagster': {'ref': {'name': 'rfm_segments_by_date'}}}) }}

with

customers as (

    select
        orders.subject_id,
        {{ days_between('max(orders.ordered_on)', 'max(settings.as_of_date)') }} as recency_days,
        count(distinct orders.ordered_on) as frequency,
        case when count(*) = count(orders.net_revenue) then sum(orders.net_revenue) end as monetary
    from {{ ref('orders') }} as orders
    cross join {{ ref('int_settings') }} as settings
    where
        orders.is_booked
        and not starts_with(orders.subject_id, 'visitor:order:')
    group by orders.subject_id

),

scored_customers as (

    select segments.*
    from {{ ref('rfm_segments_by_date') }} as segments
    inner join {{ ref('int_settings') }} as settings
        on segments.as_of_date = settings.as_of_date

)

select
    coalesce(customers.subject_id, scored_customers.subject_id) as subject_id,
    customers.recency_days,
    scored_customers.recency_days as scored_recency_days,
    customers.monetary,
    scored_customers.monetary as scored_monetary
from customers
full join scored_customers on customers.subject_id = scored_customers.subject_id
where
    customers.recency_days is distinct from scored_customers.recency_days
    or (
        {{ var('rfm_window_days') }} = 0
        and (
            customers.frequency is distinct from scored_customers.frequency
            or customers.monetary is distinct from scored_customers.monetary
        )
    )
