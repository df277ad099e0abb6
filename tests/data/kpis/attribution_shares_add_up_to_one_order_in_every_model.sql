-- Every booked order is given away once, whole, by every model, its money with it.
with

models as (

    {% for model in attribution_models() -%}
    select '{{ model }}' as model
    {%- if not loop.last %}
    union all
    {% endif -%}
    {%- endfor %}

),

given_away as (

    select
        order_id,
        model,
        sum(share) as shares,
        sum(attributed_value) as attributed_value,
        sum(attributed_net_value) as attributed_net_value
    from {{ ref('attributed_orders') }}
    group by
        order_id,
        model

)

select
    orders.order_id,
    models.model,
    given_away.shares,
    given_away.attributed_value,
    given_away.attributed_net_value
from {{ ref('int_booked_orders') }} as orders
cross join models
full join given_away
    on
        orders.order_id = given_away.order_id
        and models.model = given_away.model
where
    given_away.shares is distinct from 1
    or orders.order_value is distinct from given_away.attributed_value
    or orders.order_value - orders.refunded_value
    is distinct from given_away.attributed_net_value
