-- How much of an order each of its touches is given by each model. Every model weighs the touches
-- with whole numbers; a share is weight / sum of weights, cut after 10 decimals. What is cut off
-- goes to the latest touch with a weight, so that the shares of an order add up to 1 exactly. Over
-- 120 lines, since each model's weights stand beside their sum.

with

models as (

    {% for model in attribution_models() -%}
    select '{{ model }}' as model
    {%- if not loop.last %}
    union all
    {% endif -%}
    {%- endfor %}

),

decayed_touches as (

    select
        touches.*,
        cast(
            round(
                power(2, -touches.days_before / windows.touch_half_life_days) * 10000000000, 0
            ) as bigint
        ) as decay
    from {{ ref('int_order_touches') }} as touches
    cross join {{ ref('int_kpi_windows') }} as windows

),

summed_touches as (

    select
        *,
        cast(sum(decay) over (partition by order_id) as bigint) as decays
    from decayed_touches

),

weights as (

    select
        touches.order_id,
        touches.touch_number,
        models.model,
        case
            when models.model = 'first' then cast(touches.touch_number = 1 as integer)
            when models.model = 'last'
                then cast(touches.touch_number = touches.touches as integer)
            when models.model = 'last_non_direct' and touches.is_direct_only
                then cast(touches.touch_number = touches.touches as integer)
            when models.model = 'last_non_direct'
                then cast(touches.is_last_non_direct as integer)
            when models.model = 'linear' then 1
            when models.model = 'position_based' and touches.touches <= 2 then 1
            when
                models.model = 'position_based'
                and touches.touch_number in (1, touches.touches)
                then 2 * (touches.touches - 2)
            when models.model = 'position_based' then 1
            when models.model = 'time_decay' then touches.decay
        end as weight,
        case
            when models.model = 'linear' then touches.touches
            when models.model = 'position_based' and touches.touches <= 2 then touches.touches
            when models.model = 'position_based' then 5 * (touches.touches - 2)
            when models.model = 'time_decay' then touches.decays
            else 1
        end as weight_of_all,
        models.model in ('first', 'last_non_direct') or touches.touch_number = touches.touches
            as is_last
    from summed_touches as touches
    cross join models

),

cut_shares as (

    select
        order_id,
        touch_number,
        model,
        {{ ten_billionths('weight', 'weight_of_all') }} as units,
        is_last
    from weights
    where weight > 0

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
