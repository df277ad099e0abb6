-- At the end of every month, counted anew from lifecycle_history, without the buyers that
-- have no id.
with

month_ends as (

    select
        period_start,
        least(period_end - 1, as_of_date) as last_on,
        numerator
    from {{ ref('kpi_values') }}
    where
        kpi = 'active_customers_end'
        and period_grain = 'month'
        and dimension = 'all'
        and status <> 'no_input'

),

active_intervals as (

    select
        subject_id,
        valid_from,
        valid_to
    from {{ ref('lifecycle_history') }}
    where
        subject_type = 'person'
        and not starts_with(subject_id, 'visitor:order:')
        and health in ('active', 'at_risk')

)

select
    month_ends.period_start,
    month_ends.numerator,
    count(distinct active_intervals.subject_id) as in_history
from month_ends
left join active_intervals
    on
        month_ends.last_on >= active_intervals.valid_from
        and month_ends.last_on < coalesce(active_intervals.valid_to, cast('9999-12-31' as date))
group by
    month_ends.period_start,
    month_ends.numerator
having month_ends.numerator <> count(distinct active_intervals.subject_id)
