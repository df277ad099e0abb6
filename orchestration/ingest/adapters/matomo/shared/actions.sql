with

action_objects as (

    select
        *,
        generate_subscripts(from_json(as_json(action_details), '["JSON"]'), 1) as place,
        unnest(from_json(as_json(action_details), '["JSON"]')) as action
    from visits
    where visitor_id is not null or user_id is not null

)

select
    *,
    text_at(action, '$.type') as type,
    epoch_text(text_at(action, '$.timestamp'), 1) as occurred_at,
    coalesce(
        text_at(action, '$.pageId'),
        id_visit || ':' || place
    ) as event_id,
    text_at(action, '$.orderId') as order_id,
    person_id(user_id) as known
from action_objects
