-- At the end of every month the amounts of the subscriptions in force are the KPI mrr, and today
-- those of each customer are its monthly amount.

{{ config(meta={'dagster': {'ref': {'name': 'subscriptions'}}}) }}

with

kpi_months as (

    select
        kpi_values.period_start,
        kpi_values.numerator,
        least({{ add_days('kpi_values.period_end', -1) }}, kpi_values.as_of_date) as last_on
    from {{ ref('kpi_values') }} as kpi_values
    where
        kpi_values.kpi = 'mrr'
        and kpi_values.period_grain = 'month'
        and kpi_values.dimension = 'all'
        and kpi_values.numerator is not null

),

months as (

    select
        kpi_months.period_start,
        max(kpi_months.numerator) as numerator,
        coalesce(sum(subscriptions.monthly_amount), 0) as monthly_amounts
    from kpi_months
    left join {{ ref('subscriptions') }} as subscriptions
        on
            kpi_months.last_on >= subscriptions.valid_from
            and coalesce(kpi_months.last_on < subscriptions.valid_to, true)
    group by kpi_months.period_start

),

running_amounts as (

    select
        subject_id,
        sum(case when valid_to is null then monthly_amount else 0 end) as monthly_amount,
        bool_or(valid_to is null and monthly_amount is null) as is_unknown
    from {{ ref('subscriptions') }}
    group by subject_id

)

select
    cast(months.period_start as string) as place,
    months.numerator as expected,
    months.monthly_amounts as found
from months
where months.numerator <> months.monthly_amounts

union all

select
    customers.subject_id as place,
    running_amounts.monthly_amount as expected,
    customers.monthly_amount as found
from {{ ref('customers') }} as customers
left join running_amounts on customers.subject_id = running_amounts.subject_id
where
    customers.monthly_amount is distinct from running_amounts.monthly_amount
    and not coalesce(running_amounts.is_unknown, false)
