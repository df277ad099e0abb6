-- First trials, on the date on which they start.

with

kpi_rows as (

    select
        kpis.kpi,
        trials.fact_date,
        trials.person_key,
        case kpis.kpi
            when 'trial_to_paid_rate' then cast(trials.paid_on is not null as integer)
        end as numerator,
        case kpis.kpi when 'trial_to_paid_rate' then 1 end as denominator
    from {{ ref('int_trial_outcomes') }} as trials
    cross join {{ ref('kpis') }} as kpis
    where kpis.model = 'int_kpi_trials'

)

select * from kpi_rows
