-- channel_performance splits what kpi_values counts, by channel and in every period.
{%- set pairs = {
    'impressions': 'impressions', 'clicks': 'clicks', 'spend': 'spend', 'sessions': 'sessions',
    'orders': 'orders', 'new_customers': 'new_customers', 'gross_revenue': 'gross_revenue',
    'refunded_amount': 'refunded_amount', 'net_revenue': 'net_revenue',
} %}

with

split_values as (

    {% for kpi, measure in pairs.items() -%}
    select
        '{{ kpi }}' as kpi,
        period_grain,
        period_start,
        channel,
        sum({{ measure }}) as total
    from {{ ref('channel_performance') }}
    group by
        period_grain,
        period_start,
        channel
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

told_values as (

    select *
    from {{ ref('kpi_values') }}
    where
        kpi in ('{{ pairs | join("', '") }}')
        and dimension = 'channel'

)

select
    coalesce(split_values.kpi, told_values.kpi) as kpi,
    coalesce(split_values.period_grain, told_values.period_grain) as period_grain,
    coalesce(split_values.period_start, told_values.period_start) as period_start,
    coalesce(split_values.channel, told_values.dimension_value) as channel,
    split_values.total,
    told_values.numerator
from split_values
full join told_values
    on
        split_values.kpi = told_values.kpi
        and split_values.period_grain = told_values.period_grain
        and split_values.period_start = told_values.period_start
        and split_values.channel = told_values.dimension_value
where
    coalesce(told_values.status, 'ok') not in ('no_input', 'missing_rate')
    and coalesce(split_values.total, 0) <> coalesce(told_values.numerator, 0)
    and exists (
        select 1
        from {{ ref('int_periods') }} as periods
        where
            periods.is_written
            and periods.period_grain
            = coalesce(split_values.period_grain, told_values.period_grain)
            and periods.period_start
            = coalesce(split_values.period_start, told_values.period_start)
    )
