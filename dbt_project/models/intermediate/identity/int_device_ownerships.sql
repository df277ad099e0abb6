-- Who owns a shared device when. A moment belongs to the next identification at or after it, and
-- past the last one to that one; at one instant the lowest event_id names the owner up to it and
-- the highest the owner after it.

with

-- The id pairs that identify somebody on a shared device: few, so that of all the events only
-- theirs are looked at.
identifying_pairs as (

    select
        devices.device_key,
        seen.anonymous_id,
        seen.user_id,
        coalesce(customer_merges.final_customer_id, seen.user_id) as customer_id
    from {{ ref('int_event_ids_seen') }} as seen
    inner join {{ ref('int_devices') }} as devices on seen.anonymous_id = devices.anonymous_id
    left join {{ ref('int_customer_merges') }} as customer_merges
        on seen.user_id = customer_merges.customer_id
    where
        devices.owners > 1
        and seen.user_id is not null

),

identifications as (

    select
        identifying_pairs.device_key,
        events.occurred_at,
        min_by(identifying_pairs.customer_id, events.event_id) as customer_until,
        max_by(identifying_pairs.customer_id, events.event_id) as customer_after
    from {{ ref('stg_events') }} as events
    inner join identifying_pairs
        on
            events.anonymous_id = identifying_pairs.anonymous_id
            and events.user_id = identifying_pairs.user_id
    cross join {{ ref('int_settings') }} as settings
    where {{ local_date('events.occurred_at') }} <= settings.identity_as_of
    group by
        identifying_pairs.device_key,
        events.occurred_at

),

ordered_identifications as (

    select
        device_key,
        occurred_at,
        customer_until,
        customer_after,
        lag(occurred_at) over (partition by device_key order by occurred_at) as previous_at,
        lead(occurred_at) over (partition by device_key order by occurred_at) as next_at
    from identifications

),

moments as (

    select
        device_key,
        coalesce(previous_at, cast('-infinity' as timestamp)) as owned_after,
        customer_until as customer_id
    from ordered_identifications

    union all

    select
        device_key,
        occurred_at as owned_after,
        customer_after as customer_id
    from ordered_identifications
    where next_at is null

),

compared_moments as (

    select
        *,
        lag(customer_id) over (partition by device_key order by owned_after) as previous_customer_id
    from moments

),

-- Most identifications only confirm the owner: a stretch begins where the owner is another one.
ownerships as (

    select
        device_key,
        owned_after,
        lead(owned_after, 1, cast('infinity' as timestamp)) over (
            partition by device_key order by owned_after
        ) as owned_until,
        customer_id
    from compared_moments
    where
        previous_customer_id is null
        or previous_customer_id <> customer_id

)

select * from ownerships
