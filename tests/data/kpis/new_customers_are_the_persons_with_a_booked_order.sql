-- Over all time, in every grain alike.
with

counted as (

    select
        period_grain,
        sum(numerator) as new_customers
    from {{ ref('kpi_values') }}
    where
        kpi = 'new_customers'
        and dimension = 'all'
        and status <> 'no_input'
    group by period_grain

),

buyers as (

    select count(*) as persons
    from {{ ref('subjects') }}
    where
        subject_type = 'person'
        and orders > 0
        and not starts_with(subject_id, 'visitor:order:')

)

select
    counted.period_grain,
    counted.new_customers,
    buyers.persons
from counted
cross join buyers
where
    counted.new_customers <> buyers.persons
    and {{ history_is_whole() }}
