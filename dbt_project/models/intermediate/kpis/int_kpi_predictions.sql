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

new_customers as (

    select
        first_orders.order_date,
        predictions.predicted_value_365d as predicted_value
    from {{ ref('int_first_orders') }} as first_orders
    inner join {{ ref('int_customer_values') }} as predictions
        on first_orders.person_key = predictions.person_key
    where predictions.predicted_value_365d is not null

),

new_totals as (

    {% for grain in ['month', 'quarter', 'year'] -%}
    select
        '{{ grain }}' as period_grain,
        {{ period_start('order_date', grain) }} as period_start,
        count(*) as customers,
        sum(predicted_value) as predicted_value
    from new_customers
    group by {{ period_start('order_date', grain) }}
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

-- Of a period without a new customer that is scored there is nothing to set against its cost. With
-- 8 decimals, which a ratio of the two is exact for.
acquisition_rows as (

    select
        'ltv_to_cac' as kpi,
        totals.period_grain,
        totals.period_start,
        cast(
            round({{ exact_ratio('totals.predicted_value', 'totals.customers') }}, 8)
            as decimal(28, 10)
        ) as numerator,
        cast(
            round({{ exact_ratio('costs.spend', 'costs.new_customers') }}, 8) as decimal(28, 10)
        ) as denominator,
        totals.customers as sample_size,
        costs.is_missing_rate
    from new_totals as totals
    inner join {{ ref('int_acquisition_costs') }} as costs
        on
            totals.period_grain = costs.period_grain
            and totals.period_start = costs.period_start

),

kpi_rows as (

    {{ union_by_name(['customer_rows', 'acquisition_rows']) }}

)

select * from kpi_rows
