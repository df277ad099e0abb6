-- end = start − lost + gained + reactivated, in every row; a slice in which nobody counts
-- has no row. Whoever was voided was lost, and each period starts where the one before
-- ended.
with

counts as (

    select
        period_grain,
        period_start,
        period_end,
        dimension,
        dimension_value,
        sum(case kpi when 'active_customers_start' then numerator else 0 end) as at_start,
        sum(case kpi when 'active_customers_end' then numerator else 0 end) as at_end,
        sum(case kpi when 'active_customers_gained' then numerator else 0 end) as gained,
        sum(case kpi when 'active_customers_reactivated' then numerator else 0 end)
            as reactivated,
        sum(case kpi when 'active_customers_lost' then numerator else 0 end) as lost,
        sum(case kpi when 'active_customers_voided' then numerator else 0 end) as voided
    from {{ ref('kpi_values') }}
    where kpi like 'active\_customers\_%' escape '\'
    group by
        period_grain,
        period_start,
        period_end,
        dimension,
        dimension_value

)

select
    counts.*,
    previous.at_end as at_end_before
from counts
left join counts as previous
    on
        counts.period_grain = previous.period_grain
        and counts.period_start = previous.period_end
        and counts.dimension = previous.dimension
        and counts.dimension_value = previous.dimension_value
where
    counts.at_end <> counts.at_start - counts.lost + counts.gained + counts.reactivated
    or counts.voided > counts.lost
    or (
        counts.at_start <> coalesce(previous.at_end, 0)
        and not {{ follows_unwritten_period('counts') }}
    )
