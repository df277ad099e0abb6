-- Booked orders split over their touches by every model, with the money that goes with each share.
-- The last row of an order and model takes what rounding leaves: the parts add up to the order.

with

models as (

    {% for model in attribution_models() -%}
    select '{{ model }}' as model
    {%- if not loop.last %}
    union all
    {% endif -%}
    {%- endfor %}

),

shares as (

    select
        order_id,
        model,
        touch_number,
        units,
        share,
        is_last
    from {{ ref('int_attribution_shares') }}

    union all

    select
        orders.order_id,
        models.model,
        0 as touch_number,
        10000000000 as units,
        cast(1 as decimal(18, 10)) as share,
        true as is_last
    from {{ ref('int_booked_orders') }} as orders
    cross join models
    where
        not exists (
            select 1
            from {{ ref('int_order_touches') }} as touches
            where touches.order_id = orders.order_id
        )

),

split_values as (

    select
        shares.*,
        orders.order_value,
        orders.order_value - orders.refunded_value as net_value,
        {{ share_of('orders.order_value', 'shares.units') }} as cut_value
    from shares
    inner join {{ ref('int_booked_orders') }} as orders on shares.order_id = orders.order_id

),

-- Splitting exactly is what costs here, and of most orders nothing is given back.
split_orders as (

    select
        *,
        case
            when net_value = order_value then cut_value
            else {{ share_of('net_value', 'units') }}
        end as cut_net_value
    from split_values

),

attributed_orders as (

    select
        order_id,
        model,
        touch_number,
        share,
        cast(
            cut_value
            + case when is_last then order_value - sum(cut_value) over order_models else 0 end
            as decimal(18, 4)
        ) as attributed_value,
        cast(
            cut_net_value
            + case when is_last then net_value - sum(cut_net_value) over order_models else 0 end
            as decimal(18, 4)
        ) as attributed_net_value
    from split_orders
    window order_models as (partition by order_id, model)

)

select * from attributed_orders
