-- Sessions as touches: where each stands on the way to its person's next order. A journey ends with
-- an order; what follows the last one is a journey that has not ended yet.

with

touches as (

    select
        sessions.session_id,
        sessions.person_key,
        sessions.session_date as touched_on,
        sessions.started_at as touched_at,
        sessions.channel,
        coalesce(sessions.campaign, '') as campaign
    from {{ ref('int_sessions') }} as sessions

),

steps as (

    select
        person_key,
        session_id,
        touched_at as happened_at,
        cast(null as string) as order_id
    from touches

    union all

    select
        person_key,
        cast(null as string) as session_id,
        created_at as happened_at,
        order_id
    from {{ ref('int_booked_orders') }}
    where not is_guest

),

-- A session that starts in the very instant of an order has led to it: touches go first.
numbered_steps as (

    select
        *,
        count(order_id) over (
            partition by person_key
            order by happened_at, order_id is not null, order_id, session_id
        ) as orders_before,
        {{ ignoring_nulls('first_value', 'order_id') }} over (
            partition by person_key
            order by happened_at, order_id is not null, order_id, session_id
            rows between current row and unbounded following
        ) as next_order_id
    from steps

),

touchpoints as (

    select
        touches.session_id,
        persons.person_id as subject_id,
        touches.touched_on,
        touches.touched_at,
        touches.channel,
        touches.campaign,
        touches.channel = 'direct' as is_direct,
        row_number() over (
            partition by touches.person_key
            order by touches.touched_at, touches.session_id
        ) as touch_number,
        steps.orders_before + 1 as journey_number,
        row_number() over (
            partition by touches.person_key, steps.orders_before
            order by touches.touched_at, touches.session_id
        ) as touch_in_journey,
        steps.next_order_id,
        cast(
            {{ days_between('touches.touched_on', 'next_orders.order_date') }} as integer
        ) as days_to_next_order
    from touches
    inner join numbered_steps as steps on touches.session_id = steps.session_id
    inner join {{ ref('int_persons') }} as persons on touches.person_key = persons.person_key
    left join {{ ref('int_booked_orders') }} as next_orders
        on steps.next_order_id = next_orders.order_id

)

select * from touchpoints
