-- What each month, quarter and year spent on channels, and how many customers it won.

with

facts as (

    select
        fact_date,
        spend,
        0 as new_customers,
        is_missing_rate
    from {{ ref('int_channel_reports') }}
    where spend is not null

    union all

    select
        order_date as fact_date,
        0 as spend,
        1 as new_customers,
        false as is_missing_rate
    from {{ ref('int_first_orders') }}

),

acquisition_costs as (

    {% for grain in ['month', 'quarter', 'year'] -%}
    select
        '{{ grain }}' as period_grain,
        {{ period_start('fact_date', grain) }} as period_start,
        sum(spend) as spend,
        sum(new_customers) as new_customers,
        bool_or(is_missing_rate) as is_missing_rate
    from facts
    group by {{ period_start('fact_date', grain) }}
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

)

select * from acquisition_costs
