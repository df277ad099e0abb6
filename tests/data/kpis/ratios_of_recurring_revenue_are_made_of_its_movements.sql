-- Of every period and slice: what was lost, what is left, with and without expansion, and what was
-- won per unit lost, from the movements and the revenue at the start. No row is nothing.
with

slices as (

    select
        period_grain,
        period_start,
        dimension,
        dimension_value,
        {% for name, kpi, column in [
            ('new', 'new_mrr', 'numerator'),
            ('expansion', 'expansion_mrr', 'numerator'),
            ('contraction', 'contraction_mrr', 'numerator'),
            ('churned', 'churned_mrr', 'numerator'),
            ('reactivation', 'reactivation_mrr', 'numerator'),
            ('lost', 'gross_mrr_churn_rate', 'numerator'),
            ('lost_of', 'gross_mrr_churn_rate', 'denominator'),
            ('kept', 'gross_revenue_retention', 'numerator'),
            ('kept_of', 'gross_revenue_retention', 'denominator'),
            ('become', 'net_revenue_retention', 'numerator'),
            ('become_of', 'net_revenue_retention', 'denominator'),
            ('quick_won', 'quick_ratio', 'numerator'),
            ('quick_lost', 'quick_ratio', 'denominator'),
        ] -%}
        coalesce(sum({{ column }}) filter (where kpi = '{{ kpi }}'), 0) as {{ name }},
        {% endfor -%}
        bool_or(status in ('no_input', 'missing_rate')) as is_untold
    from {{ ref('kpi_values') }}
    where
        kpi in (
            'new_mrr', 'expansion_mrr', 'contraction_mrr', 'churned_mrr', 'reactivation_mrr',
            'gross_mrr_churn_rate', 'gross_revenue_retention', 'net_revenue_retention',
            'quick_ratio'
        )
    group by
        period_grain,
        period_start,
        dimension,
        dimension_value

)

select *
from slices
where
    not is_untold
    and (
        lost <> churned + contraction
        or kept <> kept_of - lost
        or become <> kept + expansion
        or lost_of <> kept_of
        or become_of <> kept_of
        or quick_won <> new + expansion + reactivation
        or quick_lost <> lost
    )
