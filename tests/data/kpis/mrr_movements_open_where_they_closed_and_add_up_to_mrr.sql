-- Each person's month leads from its opening to its closing, and all closings together are the KPI.
select
    'a month of ' || subject_id as problem,
    month,
    closing_mrr as is_amount,
    opening_mrr + new_mrr + expansion_mrr + reactivation_mrr - contraction_mrr - churned_mrr
        as should_be
from {{ ref('mrr_movements') }}
where
    closing_mrr
    <> opening_mrr + new_mrr + expansion_mrr + reactivation_mrr - contraction_mrr - churned_mrr

union all

select
    'the closings of a month' as problem,
    kpi_values.period_start as month,
    coalesce(sum(movements.closing_mrr), 0) as is_amount,
    kpi_values.numerator as should_be
from {{ ref('kpi_values') }} as kpi_values
left join {{ ref('mrr_movements') }} as movements on kpi_values.period_start = movements.month
where
    kpi_values.kpi = 'mrr'
    and kpi_values.period_grain = 'month'
    and kpi_values.dimension = 'all'
    and kpi_values.status in ('ok', 'partial')
group by
    kpi_values.period_start,
    kpi_values.numerator
having coalesce(sum(movements.closing_mrr), 0) <> kpi_values.numerator
