-- How much of an order each of its touches is given by each model. Every model weighs the touches
-- with whole numbers; a share is weight / sum of weights, cut after 10 decimals. What is cut off
-- goes to the latest touch with a weight, so that the shares of an order add up to 1 exactly.

{%- set weights = {
    'first': 'case when touch_number = 1 then 1 end',
    'last': 'case when touch_number = touches then 1 end',
    'last_non_direct': 'case when is_last_non_direct then 1'
        ~ ' when is_direct_only and touch_number = touches then 1 end',
    'linear': '1',
    'position_based': 'case when touches <= 2 then 1'
        ~ ' when touch_number in (1, touches) then 2 * (touches - 2) else 1 end',
    'time_decay': 'round(power(2, -days_before / 7.0) * 10000000000, 0)',
} %}

with

weights as (

    {% for model, weight in weights.items() -%}
    select
        order_id,
        touch_number,
        '{{ model }}' as model,
        cast({{ weight }} as hugeint) as weight
    from {{ ref('int_order_touches') }}
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

cut_shares as (

    select
        order_id,
        touch_number,
        model,
        weight * 10000000000 // sum(weight) over order_models as units,
        touch_number = max(touch_number) over order_models as is_last
    from weights
    where weight > 0
    window order_models as (partition by order_id, model)

),

whole_shares as (

    select
        order_id,
        touch_number,
        model,
        units + case
            when is_last then 10000000000 - sum(units) over (partition by order_id, model)
            else 0
        end as units,
        is_last
    from cut_shares

),

shares as (

    select
        order_id,
        touch_number,
        model,
        cast(units as bigint) as units,
        cast(
            cast(units as decimal(11, 0)) * cast(0.0000000001 as decimal(11, 10)) as decimal(18, 10)
        ) as share,
        is_last
    from whole_shares

)

select * from shares
