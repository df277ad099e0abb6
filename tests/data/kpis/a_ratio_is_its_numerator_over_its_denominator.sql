-- The value of a row follows from that row alone, to the last of 10 decimals: no ratio is
-- averaged, no value passes through a float.
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
    value is distinct from case
        when status in ('no_input', 'missing_rate', 'immature') then null
        when denominator is null then cast(numerator as decimal(38, 10))
        when denominator <> 0 then value
    end
    or (
        value is not null
        and denominator is not null
        and abs(value * cast(denominator as decimal(24, 8)) - numerator)
        -- Hours and means have more decimals than the row.
        > 0.0000000001 * (abs(denominator) + 1)
    )
