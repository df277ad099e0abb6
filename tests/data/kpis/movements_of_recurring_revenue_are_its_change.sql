-- new + expansion + reactivation − contraction − churned = the change of mrr since the
-- period before, in every row; a slice in which nobody counts has no row.
with

counts as (

    select
        period_grain,
        period_start,
        period_end,
        dimension,
        dimension_value,
        sum(case kpi when 'mrr' then numerator else 0 end) as mrr,
        sum(
            case
                when kpi in ('new_mrr', 'expansion_mrr', 'reactivation_mrr') then numerator
                when kpi in ('contraction_mrr', 'churned_mrr') then -numerator
                else 0
            end
        ) as movements,
        min(case when kpi <> 'mrr' then numerator end) as smallest_movement,
        bool_or(status = 'missing_rate') as is_untold
    from {{ ref('kpi_values') }}
    where
        kpi in (
            'mrr', 'new_mrr', 'expansion_mrr', 'reactivation_mrr', 'contraction_mrr', 'churned_mrr'
        )
    group by
        period_grain,
        period_start,
        period_end,
        dimension,
        dimension_value

),

-- A slice that is gone in the next period has lost all it had.
neighbours as (

    select
        counts.period_grain,
        counts.period_start,
        counts.dimension,
        counts.dimension_value,
        counts.mrr,
        coalesce(previous.mrr, 0) as previous_mrr,
        counts.movements,
        counts.smallest_movement,
        counts.is_untold or coalesce(previous.is_untold, false) as is_untold
    from counts
    left join counts as previous
        on
            counts.period_grain = previous.period_grain
            and counts.period_start = previous.period_end
            and counts.dimension = previous.dimension
            and counts.dimension_value = previous.dimension_value

)

select *
from neighbours
where
    not is_untold
    and not {{ follows_unwritten_period('neighbours') }}
    and (
        mrr - previous_mrr <> movements
        or smallest_movement < 0
    )
