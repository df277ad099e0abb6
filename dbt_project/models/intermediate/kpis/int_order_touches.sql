-- The touches of each booked order: the sessions of its person that started before it and not too
-- long ago, in order of time, direct visits included. An order is told by its person and its number
-- among theirs wherever many rows are brought together: numbers cost less than ids.

with

touches as (

    select
        orders.person_key,
        orders.order_number,
        orders.order_date,
        orders.is_missing_rate,
        orders.order_value,
        sessions.session_id,
        sessions.started_at as touched_at,
        sessions.session_date as touched_on,
        sessions.channel,
        coalesce(sessions.campaign, '') as campaign,
        {{ days_between('sessions.session_date', 'orders.order_date') }} as days_before
    from {{ ref('int_booked_orders') }} as orders
    cross join {{ ref('int_kpi_windows') }} as windows
    inner join {{ ref('int_sessions') }} as sessions
        on
            orders.person_key = sessions.person_key
            and orders.created_at >= sessions.started_at
            and orders.order_date <= {{ add_days('sessions.session_date', 'windows.touch_days') }}
    where not orders.is_guest

),

numbered_touches as (

    select
        *,
        row_number() over (
            partition by person_key, order_number
            order by touched_at, session_id
        ) as touch_number
    from touches

),

order_touches as (

    select
        *,
        count(*) over order_rows as touches,
        touch_number = max(case when channel <> 'direct' then touch_number end) over order_rows
            as is_last_non_direct
    from numbered_touches
    window order_rows as (partition by person_key, order_number)

)

select * from order_touches
