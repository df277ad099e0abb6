-- What came of an occasion in its window: the first day with the goal, and what was ordered. An
-- order counts if it was booked at the end of the window, less what was refunded by then; later
-- cancellations and refunds change nothing. Over 120 lines, since goals and money are told apart.

with

occasions as (

    select
        plays.play_no,
        occasions.subject_key,
        occasions.triggered_on,
        occasions.due_from,
        case
            when occasions.triggered_on = occasions.due_from then occasions.triggered_at
        end as only_after,
        plays.goal_signal_no,
        {{ add_days('occasions.due_from', 'plays.goal_days') }} as window_end
    from {{ ref('int_play_occasions') }} as occasions
    inner join {{ ref('int_plays') }} as plays on occasions.play = plays.play

),

-- Facts of the instant of a trigger stand before it: the goal comes after.
timeline as (

    select
        subject_key,
        signal_no,
        signal_date as day,
        occurred_at,
        signal_date as goal_on,
        cast(null as smallint) as play_no,
        cast(null as date) as triggered_on,
        cast(null as date) as window_end
    from {{ ref('int_play_facts') }} as facts
    where
        exists (
            select 1
            from occasions
            where
                occasions.subject_key = facts.subject_key
                and occasions.goal_signal_no = facts.signal_no
        )

    union all

    select
        subject_key,
        goal_signal_no as signal_no,
        due_from as day,
        only_after as occurred_at,
        cast(null as date) as goal_on,
        play_no,
        triggered_on,
        window_end
    from occasions

),

next_goals as (

    select
        subject_key,
        play_no,
        triggered_on,
        window_end,
        {{ ignoring_nulls('first_value', 'goal_on') }} over (
            partition by subject_key, signal_no
            order by
                day asc,
                occurred_at asc nulls first,
                play_no asc nulls first
            rows between current row and unbounded following
        ) as goal_on
    from timeline

),

subject_orders as (

    select
        person_key as subject_key,
        order_id,
        order_date,
        cancelled_on,
        order_value,
        is_missing_rate
    from {{ ref('int_order_details') }}
    where is_confirmed

    union all

    select
        members.account_key as subject_key,
        orders.order_id,
        orders.order_date,
        orders.cancelled_on,
        orders.order_value,
        orders.is_missing_rate
    from {{ ref('int_order_details') }} as orders
    inner join {{ ref('int_account_members') }} as members
        on orders.person_key = members.person_key
    where orders.is_confirmed

),

window_orders as (

    select
        occasions.play_no,
        occasions.subject_key,
        occasions.triggered_on,
        occasions.window_end,
        orders.order_id,
        orders.order_value,
        orders.is_missing_rate
    from occasions
    inner join subject_orders as orders
        on
            occasions.subject_key = orders.subject_key
            and occasions.due_from <= orders.order_date
            and occasions.window_end > orders.order_date
    where
        orders.cancelled_on is null
        or orders.cancelled_on >= occasions.window_end

),

payments as (

    select
        play_no,
        subject_key,
        triggered_on,
        order_value as value,
        is_missing_rate
    from window_orders

    union all

    select
        orders.play_no,
        orders.subject_key,
        orders.triggered_on,
        -refunds.refund_value as value,
        orders.is_missing_rate
    from window_orders as orders
    inner join {{ ref('int_refunds') }} as refunds
        on
            orders.order_id = refunds.order_id
            and orders.window_end > refunds.refund_date

),

goal_values as (

    select
        play_no,
        subject_key,
        triggered_on,
        case when not bool_or(is_missing_rate) then cast(sum(value) as decimal(18, 4)) end
            as goal_value,
        true as has_orders
    from payments
    group by
        play_no,
        subject_key,
        triggered_on

),

play_goals as (

    select
        plays.play,
        next_goals.subject_key,
        next_goals.triggered_on,
        case when next_goals.goal_on < next_goals.window_end then next_goals.goal_on end as goal_on,
        case
            when goal_values.has_orders then goal_values.goal_value
            else cast(0 as decimal(18, 4))
        end as goal_value,
        next_goals.window_end
    from next_goals
    inner join {{ ref('int_plays') }} as plays on next_goals.play_no = plays.play_no
    left join goal_values
        on
            next_goals.subject_key = goal_values.subject_key
            and next_goals.play_no = goal_values.play_no
            and next_goals.triggered_on = goal_values.triggered_on

)

select * from play_goals
