-- Touches are sessions of the buyer, numbered in the order of time.
select
    attributed.order_id,
    attributed.model,
    attributed.touch_number
from {{ ref('attributed_orders') }} as attributed
left join {{ ref('sessions') }} as sessions on attributed.session_id = sessions.session_id
where
    (attributed.touch_number = 0) is distinct from (attributed.touches = 0)
    or attributed.touch_number > attributed.touches
    or (
        attributed.touch_number > 0
        and (
            sessions.subject_id is distinct from attributed.subject_id
            or sessions.started_at > attributed.ordered_at
            or {{ days_between('sessions.started_on', 'attributed.ordered_on') }} > 30
        )
    )
