-- The KPI of trials, on the date on which the trial starts.

with

kpi_rows as (

    {{ kpi_from_facts(
        ref('int_trial_outcomes'),
        kpis=[
            {
                'kpi': 'trial_to_paid_rate',
                'numerator': 'case when paid_on is not null then 1 end',
                'denominator': '1',
            },
        ],
        dimensions=['country', 'account'],
    ) }}

)

select * from kpi_rows
