-- In every period and slice. Where no refund is known at all, nothing was refunded.
with

amounts as (

    select
        period_grain,
        period_start,
        dimension,
        dimension_value,
        sum(case when kpi = 'gross_revenue' then numerator else 0 end) as gross,
        sum(case when kpi = 'refunded_amount' then numerator else 0 end) as refunded,
        sum(case when kpi = 'net_revenue' then numerator else 0 end) as net,
        bool_or(status = 'missing_rate') as is_untold
    from {{ ref('kpi_values') }}
    where kpi in ('gross_revenue', 'refunded_amount', 'net_revenue')
    group by
        period_grain,
        period_start,
        dimension,
        dimension_value

)

select *
from amounts
where
    not is_untold
    and gross - refunded is distinct from net
