-- A device is an anonymous_id, or a user_id where events carry no anonymous_id (in a namespace of
-- its own). `owners` counts the customers identified on it by identity_as_of; with one owner every
-- event of the device is that customer's, with several int_device_ownerships splits the device in
-- time.

with

id_pairs as (

    select * from {{ ref('int_event_ids_seen') }}

),

identified_owners as (

    select
        id_pairs.anonymous_id,
        coalesce(customer_merges.final_customer_id, id_pairs.user_id) as customer_id
    from id_pairs
    cross join {{ ref('int_settings') }} as settings
    left join {{ ref('int_customer_merges') }} as customer_merges
        on id_pairs.user_id = customer_merges.customer_id
    where
        id_pairs.anonymous_id is not null
        and id_pairs.user_id is not null
        and {{ local_date('id_pairs.first_at') }} <= settings.identity_as_of

),

owner_counts as (

    select
        anonymous_id,
        count(distinct customer_id) as owners,
        min(customer_id) as customer_id
    from identified_owners
    group by anonymous_id

),

device_ids as (

    select
        anonymous_id,
        cast(null as string) as user_id
    from id_pairs
    where anonymous_id is not null

    union

    select
        cast(null as string) as anonymous_id,
        user_id
    from id_pairs
    where anonymous_id is null

    union

    select
        anonymous_id,
        cast(null as string) as user_id
    from {{ ref('stg_orders') }}
    where
        customer_id is null
        and anonymous_id is not null

),

devices as (

    select
        cast(
            row_number() over (order by device_ids.anonymous_id, device_ids.user_id) as integer
        ) as device_key,
        device_ids.anonymous_id,
        device_ids.user_id,
        coalesce(owner_counts.owners, 0) as owners,
        case when owner_counts.owners = 1 then owner_counts.customer_id end as customer_id
    from device_ids
    left join owner_counts on device_ids.anonymous_id = owner_counts.anonymous_id

)

select * from devices
