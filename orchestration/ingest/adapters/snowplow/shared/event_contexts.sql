-- Contexts of a Redshift load, a table each, gathered by the event they belong to.

with

event_copies as (

    select
        event_id,
        try_cast(collector_tstamp as timestamp) as collected_at,
        count(*) as copies
    from atomic_events
    group by event_id, collected_at

),

told_contexts as (

    select
        root_id,
        try_cast(root_tstamp as timestamp) as collected_at,
        lower(schema_name) as kind,
        other_columns as content,
        file_number,
        record,
        row_number() over (
            partition by
                file_number, root_id, root_tstamp, schema_vendor, schema_name, other_columns
            order by record
        ) as copy
    from context_rows
    where starts_with(schema_vendor, 'com.snowplowanalytics.snowplow')

),

-- Equal rows of one file are two products of an event, of two files they are one; an event that
-- came twice brings its contexts twice.
contexts as (

    select
        told_contexts.root_id,
        told_contexts.collected_at,
        told_contexts.kind,
        as_json(told_contexts.content) as body,
        min((told_contexts.file_number, told_contexts.record)) as place
    from told_contexts
    inner join event_copies
        on
            told_contexts.root_id = event_copies.event_id
            and told_contexts.collected_at = event_copies.collected_at
    where (told_contexts.copy - 1) % event_copies.copies = 0
    group by
        told_contexts.root_id,
        told_contexts.collected_at,
        told_contexts.kind,
        told_contexts.content,
        told_contexts.copy

)

select
    root_id,
    collected_at,
    to_json(list(body order by place) filter (where kind = 'snowplow_ecommerce_action')) as action,
    to_json(list(body order by place) filter (where kind = 'user')) as shopper,
    to_json(list(body order by place) filter (where kind = 'cart')) as cart,
    to_json(list(body order by place) filter (where kind = 'product')) as product,
    to_json(list(body order by place) filter (where kind = 'transaction')) as transaction,
    to_json(list(body order by place) filter (where kind = 'refund')) as refund,
    to_json(list(body order by place) filter (where kind = 'client_session')) as client_session
from contexts
group by root_id, collected_at
