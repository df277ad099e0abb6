-- By which channels customers came to their first order: the channels of all sessions up to it in
-- order, repeats in a row told once, of long ways the last steps.

with

touches as (

    select
        first_orders.person_key,
        sessions.session_date,
        sessions.started_at,
        sessions.session_id,
        sessions.channel,
        lag(sessions.channel) over (
            partition by first_orders.person_key
            order by sessions.started_at, sessions.session_id
        ) as previous_channel
    from {{ ref('int_first_orders') }} as first_orders
    inner join {{ ref('int_sessions') }} as sessions
        on
            first_orders.person_key = sessions.person_key
            and first_orders.created_at >= sessions.started_at

),

steps as (

    select
        *,
        row_number() over (
            partition by person_key
            order by started_at desc, session_id desc
        ) as steps_to_go,
        count(*) over (partition by person_key) as all_steps
    from touches
    where previous_channel is distinct from channel

),

ways as (

    select
        steps.person_key,
        {{ joined_text('steps.channel', ' > ', '-steps.steps_to_go') }} as path,
        count(*) as steps,
        max(steps.all_steps) as all_steps
    from steps
    cross join {{ ref('int_kpi_windows') }} as windows
    where steps.steps_to_go <= windows.path_steps
    group by steps.person_key

),

first_touches as (

    select
        person_key,
        min(session_date) as touched_on,
        count(*) as touches
    from touches
    group by person_key

),

customer_paths as (

    select
        case
            when ways.path is null then orders.channel
            when ways.all_steps > ways.steps then '… > ' || ways.path
            else ways.path
        end as path,
        coalesce(ways.steps, 0) as steps,
        coalesce(first_touches.touches, 0) as touches,
        orders.order_value,
        orders.is_missing_rate,
        cast(
            {{ days_between('first_touches.touched_on', 'orders.order_date') }} as decimal(9, 0)
        ) as days_to_order
    from {{ ref('int_first_orders') }} as first_orders
    inner join {{ ref('int_booked_orders') }} as orders
        on first_orders.order_id = orders.order_id
    left join ways on first_orders.person_key = ways.person_key
    left join first_touches on first_orders.person_key = first_touches.person_key

),

journey_paths as (

    select
        path,
        steps,
        count(*) as customers,
        cast(
            case when not bool_or(is_missing_rate) then sum(order_value) end as decimal(38, 4)
        ) as revenue,
        cast(sum(touches) as bigint) as touches,
        {{ exact_median('days_to_order') }} as median_days
    from customer_paths
    group by
        path,
        steps

)

select * from journey_paths
