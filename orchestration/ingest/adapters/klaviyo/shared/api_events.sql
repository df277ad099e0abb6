-- The events of each page, with the metric and the profile that `included` tells of.

with

page_objects as (

    select
        record,
        unnest(nodes(as_json(data))) as event
    from api_pages

),

-- Other tools' APIs have pages of this form, too, with other objects on them.
page_events as (

    select * from page_objects
    where text_at(event, '$.type') = 'event'

),

included_objects as (

    select
        record,
        text_at(object, '$.type') as type,
        text_at(object, '$.id') as id,
        any_value(json_extract(object, '$.attributes')) as attributes
    from (
        select
            record,
            unnest(nodes(as_json(included))) as object
        from api_pages
    ) as objects
    group by record, type, id

)

select
    page_events.record,
    coalesce(
        text_at(page_events.event, '$.id'), text_at(page_events.event, '$.attributes.uuid')
    ) as event_id,
    text_at(metrics.attributes, '$.name') as metric_name,
    coalesce(
        epoch_text(text_at(page_events.event, '$.attributes.timestamp'), 1),
        text_at(page_events.event, '$.attributes.timestamp'),
        text_at(page_events.event, '$.attributes.datetime')
    ) as occurred_at,
    person_id(coalesce(
        text_at(profiles.attributes, '$.external_id'),
        text_at(page_events.event, '$.relationships.profile.data.id')
    )) as user_id,
    text_at(profiles.attributes, '$.email') as email,
    json_extract(page_events.event, '$.attributes.event_properties') as details,
    coalesce(
        text_at(page_events.event, '$.attributes.event_properties.machine_open'),
        text_at(page_events.event, '$.attributes.event_properties."Apple Privacy Open"')
    ) as machine_open
from page_events
left join included_objects as metrics
    on
        page_events.record = metrics.record
        and metrics.type = 'metric'
        and text_at(page_events.event, '$.relationships.metric.data.id') = metrics.id
left join included_objects as profiles
    on
        page_events.record = profiles.record
        and profiles.type = 'profile'
        and text_at(page_events.event, '$.relationships.profile.data.id') = profiles.id
