-- Booked orders split over their touches by every model, with the money that goes with each share.

with

models as (

    {% for model in attribution_models() -%}
    select '{{ model }}' as model
    {%- if not loop.last %}
    union all
    {% endif -%}
    {%- endfor %}

),

attributed_orders as (

    select
        orders.order_id,
        models.model,
        shares.touch_number,
        shares.touches,
        shares.person_key,
        shares.order_number,
        orders.created_at as ordered_at,
        orders.order_date,
        touches.session_id,
        touches.touched_at,
        touches.touched_on,
        touches.days_before,
        coalesce(touches.channel, orders.channel) as channel,
        coalesce(touches.campaign, orders.campaign, '') as campaign,
        cast(
            cast(
                case models.model
                    when 'linear' then shares.linear_units
                    when 'position_based' then shares.position_based_units
                    when 'time_decay' then shares.time_decay_units
                    else 10000000000
                end as decimal(11, 0)
            ) * cast(0.0000000001 as decimal(11, 10)) as decimal(18, 10)
        ) as share,
        case models.model
            when 'linear' then shares.linear_value
            when 'position_based' then shares.position_based_value
            when 'time_decay' then shares.time_decay_value
            else shares.whole_value
        end as attributed_value,
        case models.model
            when 'linear' then shares.linear_net_value
            when 'position_based' then shares.position_based_net_value
            when 'time_decay' then shares.time_decay_net_value
            else shares.whole_net_value
        end as attributed_net_value
    from {{ ref('int_attribution_shares') }} as shares
    inner join {{ ref('int_booked_orders') }} as orders
        on
            shares.person_key = orders.person_key
            and shares.order_number = orders.order_number
    left join {{ ref('int_order_touches') }} as touches
        on
            shares.person_key = touches.person_key
            and shares.order_number = touches.order_number
            and shares.touch_number = touches.touch_number
    cross join models
    where
        case models.model
            when 'first' then shares.touch_number <= 1
            when 'last' then shares.is_last
            when 'last_non_direct' then coalesce(shares.is_last_non_direct, shares.is_last)
            when 'time_decay' then coalesce(shares.decay > 0, true)
            else true
        end

)

select * from attributed_orders
