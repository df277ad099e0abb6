-- Over all days affiliates brought what their booked orders kept after refunds; they earned the
-- commission on those orders, less what refunds took back.
with

told as (

    select
        sum(case when kpi = 'affiliate_revenue' then numerator end) as revenue,
        sum(case when kpi = 'affiliate_commission' then numerator end) as commission,
        bool_or(status in ('no_input', 'missing_rate')) as is_untold
    from {{ ref('kpi_values') }}
    where
        kpi in ('affiliate_revenue', 'affiliate_commission')
        and period_grain = 'day'
        and dimension = 'all'

),

counted as (

    select
        sum(order_value - refunded_value) as revenue,
        sum(affiliate_commission) as commission,
        count(case when has_refund then 1 end) as refunded_orders
    from {{ ref('int_booked_orders') }}
    where nullif(trim(affiliate_id), '') is not null

)

select
    told.revenue,
    counted.revenue as counted_revenue,
    told.commission,
    counted.commission as counted_commission
from told
cross join counted
where
    not told.is_untold
    and {{ history_is_whole() }}
    and (
        told.revenue <> counted.revenue
        or told.commission > counted.commission
        or (counted.refunded_orders = 0 and told.commission <> counted.commission)
    )
