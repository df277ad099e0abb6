-- Sessions as touches: where each stands on the way to its person's next order. A journey ends with
-- an order; what follows the last one is a journey that has not ended yet.

with

steps as (

    select
        person_key,
        session_id,
        started_at as happened_at,
        session_date as touched_on,
        channel,
        coalesce(campaign, '') as campaign,
        cast(null as string) as order_id,
        cast(null as date) as order_date
    from {{ ref('int_sessions') }}

    union all

    select
        person_key,
        cast(null as string) as session_id,
        created_at as happened_at,
        cast(null as date) as touched_on,
        cast(null as string) as channel,
        cast(null as string) as campaign,
        order_id,
        order_date
    from {{ ref('int_booked_orders') }}
    where not is_guest

),

-- A session that starts in the very instant of an order has led to it: touches go first.
numbered_steps as (

    select
        *,
        count(session_id) over steps_before as touch_number,
        count(order_id) over steps_before as orders_before,
        {{ ignoring_nulls('first_value', 'order_id') }} over steps_ahead as next_order_id,
        {{ ignoring_nulls('first_value', 'order_date') }} over steps_ahead as next_order_date
    from steps
    window
        steps_before as (
            partition by person_key
            order by happened_at, order_id is not null, order_id, session_id
        ),
        steps_ahead as (
            partition by person_key
            order by happened_at, order_id is not null, order_id, session_id
            rows between current row and unbounded following
        )

),

touchpoints as (

    select
        steps.session_id,
        persons.person_id as subject_id,
        steps.touched_on,
        steps.happened_at as touched_at,
        steps.channel,
        steps.campaign,
        steps.channel = 'direct' as is_direct,
        steps.touch_number,
        steps.orders_before + 1 as journey_number,
        row_number() over (
            partition by steps.person_key, steps.orders_before
            order by steps.touch_number
        ) as touch_in_journey,
        steps.next_order_id,
        cast(
            {{ days_between('steps.touched_on', 'steps.next_order_date') }} as integer
        ) as days_to_next_order
    from numbered_steps as steps
    inner join {{ ref('int_persons') }} as persons on steps.person_key = persons.person_key
    where steps.session_id is not null

)

select * from touchpoints
