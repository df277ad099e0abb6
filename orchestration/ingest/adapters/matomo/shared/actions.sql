with

action_arrays as (

    select
        visits.*,
        from_json(
            coalesce(as_json(visits.action_details), action_lists.action_details), '["JSON"]'
        ) as actions
    from visits
    left join action_lists on visits.record = action_lists.record
    where visits.visitor_id is not null or visits.user_id is not null

),

action_objects as (

    select
        *,
        generate_subscripts(actions, 1) as place,
        unnest(actions) as action
    from action_arrays

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
