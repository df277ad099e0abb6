-- What each channel and campaign cost and brought, by day, week and month. Sums of money are null
-- where a part of them could not be converted; what customers are worth in a year is null until all
-- customers of the period have had that year.
{%- set models = attribution_models() %}

with

facts as (

    select
        {% for grain in period_grains() -%}
        {{ period_start('facts.fact_date', grain) }} as {{ grain }}_start,
        {% endfor -%}
        facts.*
    from {{ ref('int_channel_performance_facts') }} as facts

),

totals as (

    select
        case
            when not coalesce(bool_or(is_missing_rate and spend is not null), false) then sum(spend)
        end as spend,
        case
            when not coalesce(bool_or(is_missing_rate and gross_value is not null), false)
                then coalesce(sum(gross_value), 0)
        end as gross_revenue,
        case
            when not coalesce(bool_or(is_missing_rate and refund_value is not null), false)
                then coalesce(sum(refund_value), 0)
        end as refunded_amount,
        case
            when not coalesce(bool_or(is_missing_rate and last_touch_value is not null), false)
                then coalesce(sum(last_touch_value), 0)
        end as last_touch_revenue,
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
        case
            {% for grain in period_grains() -%}
            when grouping({{ grain }}_start) = 0 then '{{ grain }}'
            {% endfor -%}
        end as period_grain,
        coalesce(
            {% for grain in period_grains() -%}
            {{ grain }}_start{{ ',' if not loop.last }}
            {% endfor %}
        ) as period_start,
        channel,
        campaign
    from facts
    group by
        grouping sets (  -- noqa: PRS, LT02
            {% for grain in period_grains() -%}
            ({{ grain }}_start, channel, campaign){{ ',' if not loop.last }}
            {% endfor %}
        )

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
                when
                    {{ add_days('periods.period_end', 'windows.first_year_days - 1') }}
                    <= settings.as_of_date
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
    cross join {{ ref('int_settings') }} as settings
    cross join {{ ref('int_kpi_windows') }} as windows

)

select * from performance
