-- What is foreseen of customers adds up to what customer_value says of them, in the periods that
-- hold today and nowhere else.
with

scored_customers as (

    select
        count(*) as customers,
        coalesce(sum(customer_value.predicted_value_365d), 0) as predicted_value
    from {{ ref('customer_value') }} as customer_value
    inner join {{ ref('subjects') }} as subjects
        on customer_value.subject_id = subjects.subject_id
    where
        customer_value.predicted_value_365d is not null
        and subjects.health <> 'lapsed'

)

select
    kpi_values.period_grain,
    kpi_values.period_start,
    kpi_values.numerator,
    kpi_values.denominator
from {{ ref('kpi_values') }} as kpi_values
cross join scored_customers
where
    kpi_values.kpi = 'predicted_clv'
    and (
        kpi_values.as_of_date < kpi_values.period_start
        or kpi_values.as_of_date >= kpi_values.period_end
        or (
            kpi_values.dimension = 'all'
            and (
                kpi_values.numerator <> scored_customers.predicted_value
                or kpi_values.denominator <> scored_customers.customers
            )
        )
    )
