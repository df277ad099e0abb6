-- What each channel and campaign cost and brought, by day, week and month. Sums of money are null
-- where a part of them could not be converted; what customers are worth in a year is null until all
-- customers of the period have had that year.
{%- set models = attribution_models() %}
{%- set money = {
    'spend': 'spend', 'gross_revenue': 'gross_value', 'refunded_amount': 'refund_value',
    'last_touch_revenue': 'last_touch_value',
} %}

with

settings as (

    select as_of_date from {{ ref('int_settings') }}

),

facts as (

    {% for grain in period_grains() -%}
    select
        *,
        '{{ grain }}' as period_grain,
        {{ period_start('fact_date', grain) }} as period_start
    from {{ ref('int_channel_performance_facts') }}
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

totals as (

    select
        {% for name, measure in money.items() -%}
        case
            when not coalesce(bool_or(is_missing_rate and {{ measure }} is not null), false)
                then {{ 'sum(' ~ measure ~ ')' if name == 'spend'
                    else 'coalesce(sum(' ~ measure ~ '), 0)' }}
        end as {{ name }},
        {% endfor -%}
        {% for model in models -%}
        coalesce(sum(case when model = '{{ model }}' then share end), 0) as customers_{{ model }},
        case
            when not coalesce(bool_or(is_missing_rate and model = '{{ model }}'), false)
                then coalesce(sum(case when model = '{{ model }}' then attributed_value end), 0)
        end as value_12_months_{{ model }},
        {% endfor -%}
        {% for measure in ['sessions', 'orders', 'new_customers'] -%}
        cast(coalesce(sum({{ measure }}), 0) as bigint) as {{ measure }},
        {% endfor -%}
        cast(sum(impressions) as bigint) as impressions,
        cast(sum(clicks) as bigint) as clicks,
        period_grain,
        period_start,
        channel,
        campaign
    from facts
    group by
        period_grain,
        period_start,
        channel,
        campaign

),

performance as (

    select
        totals.period_grain,
        totals.period_start,
        periods.period_end,
        totals.channel,
        totals.campaign,
        totals.impressions,
        totals.clicks,
        cast(totals.spend as decimal(38, 4)) as spend,
        totals.sessions,
        totals.orders,
        totals.new_customers,
        cast(totals.gross_revenue as decimal(38, 4)) as gross_revenue,
        cast(totals.refunded_amount as decimal(38, 4)) as refunded_amount,
        cast(totals.gross_revenue - totals.refunded_amount as decimal(38, 4)) as net_revenue,
        cast(totals.last_touch_revenue as decimal(38, 4)) as last_touch_revenue,
        {{ exact_ratio('totals.spend', 'totals.new_customers') }} as customer_acquisition_cost,
        case
            when totals.spend > 0
                then {{ exact_ratio('totals.last_touch_revenue', 'totals.spend') }}
        end as return_on_ad_spend,
        {%- for model in models %}
        cast(totals.customers_{{ model }} as decimal(38, 10)) as customers_{{ model }},
        cast(
            case
                when {{ add_days('periods.period_end', 364) }} <= settings.as_of_date
                    then round(totals.value_12_months_{{ model }}, 4)
            end as decimal(38, 4)
        ) as value_12_months_{{ model }},
        {%- endfor %}
        {{ add_days('periods.period_end', -1) }} <= settings.as_of_date as is_complete
    from totals
    inner join {{ ref('int_periods') }} as periods
        on
            totals.period_grain = periods.period_grain
            and totals.period_start = periods.period_start
    cross join settings

)

select * from performance
