-- The revenue that kpi_values sets against a channel's spend is what attributed_orders gives to the
-- channel as the last touch.
with

touched as (

    select
        {{ period_start('ordered_on', 'month') }} as period_start,
        channel,
        sum(attributed_value) as attributed_value
    from {{ ref('attributed_orders') }}
    where
        model = 'last'
        and touch_number > 0
    group by
        {{ period_start('ordered_on', 'month') }},
        channel

)

select
    kpi_values.period_start,
    kpi_values.dimension_value,
    kpi_values.numerator,
    touched.attributed_value
from {{ ref('kpi_values') }} as kpi_values
left join touched
    on
        kpi_values.period_start = touched.period_start
        and kpi_values.dimension_value = touched.channel
where
    kpi_values.kpi = 'return_on_ad_spend'
    and kpi_values.period_grain = 'month'
    and kpi_values.dimension = 'channel'
    and kpi_values.status not in ('no_input', 'missing_rate')
    and kpi_values.denominator > 0
    and kpi_values.numerator <> coalesce(touched.attributed_value, 0)
