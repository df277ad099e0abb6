-- What is foreseen of the next year of customers that are scored: of all who are not lapsed, in the
-- periods that hold today, and of the new ones of a period beside what winning them cost.

with

kpis as (

    select * from {{ ref('kpis') }}
    where model = 'int_kpi_predictions'

),

customer_rows as (

    select
        kpis.kpi,
        periods.period_grain,
        periods.period_start,
        predictions.person_key,
        cast(predictions.predicted_value_365d as decimal(28, 10)) as numerator,
        1 as denominator
    from {{ ref('int_customer_values') }} as predictions
    cross join {{ ref('int_settings') }} as settings
    cross join kpis
    inner join {{ ref('int_periods') }} as periods
        on
            periods.period_grain in ('month', 'quarter', 'year')
            and settings.as_of_date >= periods.period_start
            and settings.as_of_date < periods.period_end
    inner join {{ ref('int_person_states') }} as states
        on
            predictions.person_key = states.subject_key
            and settings.as_of_date >= states.valid_from
            and settings.as_of_date < states.valid_to
    where
        kpis.kpi = 'predicted_clv'
        and predictions.predicted_value_365d is not null
        and states.health <> 'lapsed'

),

acquisition_rows as (

    select
        'ltv_to_cac' as kpi,
        period_grain,
        period_start,
        cast(mean_predicted_value as decimal(28, 10)) as numerator,
        cast(acquisition_cost as decimal(28, 10)) as denominator,
        scored_customers as sample_size,
        is_missing_rate
    from {{ ref('int_acquired_values') }}

),

kpi_rows as (

    {{ union_by_name(['customer_rows', 'acquisition_rows']) }}

)

select * from kpi_rows
