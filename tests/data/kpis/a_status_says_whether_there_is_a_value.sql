-- Zero is never written for "unknown", and `ok` never without a value.
select
    kpi,
    period_grain,
    period_start,
    dimension,
    dimension_value,
    numerator,
    denominator,
    value,
    status
from {{ ref('kpi_values') }}
where
    (status in ('no_input', 'missing_rate', 'immature', 'no_base') and value is not null)
    or (status in ('ok', 'small_sample') and value is null)
    or (status in ('no_input', 'missing_rate') and numerator is not null)
    or (status = 'partial') <> (period_end > as_of_date + 1 and status not in (
        'no_input', 'missing_rate', 'immature'
    ))
