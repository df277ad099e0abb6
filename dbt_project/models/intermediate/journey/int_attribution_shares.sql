-- How much of an order, and of its money, the models that split it give each of its touches. Each
-- weighs the touches with whole numbers: a share is weight / sum of weights, cut after 10 decimals,
-- money is cut after 4. What is cut off goes to the latest touch: the parts add up to the order. An
-- order that nothing is known to have touched stays whole, as touch 0. Models stand side by side: a
-- row for each would cost five times as much; what touches and orders are called is not carried
-- along. Over 120 lines, since the parts of all three stand beside their sums.
{% set models = ['linear', 'position_based', 'time_decay'] %}

with

touches as (

    select
        orders.person_key,
        orders.order_number,
        coalesce(touches.touch_number, 0) as touch_number,
        coalesce(touches.touches, 0) as touches,
        touches.is_last_non_direct,
        coalesce(touches.touch_number = touches.touches, true) as is_last,
        touches.touches > 2 and touches.touch_number in (1, touches.touches) as is_outer,
        cast(
            round(
                power(2, -touches.days_before / windows.touch_half_life_days) * 10000000000, 0
            ) as bigint
        ) as decay,
        10000000000 as whole_units,
        orders.order_value as whole_value,
        cast(orders.order_value - orders.refunded_value as decimal(18, 4)) as whole_net_value
    from {{ ref('int_booked_orders') }} as orders
    cross join {{ ref('int_kpi_windows') }} as windows
    left join {{ ref('int_order_touches') }} as touches
        on
            orders.person_key = touches.person_key
            and orders.order_number = touches.order_number

),

weights as (

    select
        *,
        1 as linear_weight,
        touches as linear_weights,
        case when is_outer then 2 * (touches - 2) else 1 end as position_based_weight,
        case when touches > 2 then 5 * (touches - 2) else touches end as position_based_weights,
        decay as time_decay_weight,
        cast(sum(decay) over (partition by person_key, order_number) as bigint)
            as time_decay_weights
    from touches

),

cut_units as (

    select
        *,
        {%- for model in models %}
        case
            when not is_last
                then {{ ten_billionths(model ~ '_weight', model ~ '_weights') }}
        end as {{ model }}_cut_units
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from weights

),

cut_values as (

    select
        *,
        {%- for model in models %}
        {{ share_of('whole_value', model ~ '_cut_units') }} as {{ model }}_cut_value
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from cut_units

),

-- Splitting exactly is what costs here, and of most orders nothing is given back.
cut_net_values as (

    select
        *,
        {%- for model in models %}
        case
            when whole_net_value = whole_value then {{ model }}_cut_value
            else {{ share_of('whole_net_value', model ~ '_cut_units') }}
        end as {{ model }}_cut_net_value
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from cut_values

),

shares as (

    select
        {% for model in models -%}
        cast(
            case
                when is_last
                    then
                        whole_units
                        - coalesce(sum({{ model }}_cut_units) over order_touches, 0)
                else {{ model }}_cut_units
            end as bigint
        ) as {{ model }}_units,
        {% for amount in ['value', 'net_value'] -%}
        cast(
            case
                when is_last
                    then
                        whole_{{ amount }}
                        - coalesce(sum({{ model }}_cut_{{ amount }}) over order_touches, 0)
                else {{ model }}_cut_{{ amount }}
            end as decimal(18, 4)
        ) as {{ model }}_{{ amount }},
        {% endfor -%}
        {% endfor -%}
        person_key,
        order_number,
        touch_number,
        touches,
        is_last_non_direct,
        is_last,
        decay,
        whole_value,
        whole_net_value
    from cut_net_values
    window order_touches as (partition by person_key, order_number)

)

select * from shares
