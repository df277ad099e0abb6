-- The device and, unless the device is shared, the person of each id pair that events carry.

with

persons as (

    select * from {{ ref('int_persons') }}

),

id_pairs as (

    select
        seen.anonymous_id,
        seen.user_id,
        devices.device_key,
        coalesce(
            customer_merges.final_customer_id,
            seen.user_id,
            devices.customer_id
        ) as customer_id
    from {{ ref('int_event_ids_seen') }} as seen
    inner join {{ ref('int_devices') }} as devices
        on
            seen.anonymous_id is not distinct from devices.anonymous_id
            and case when seen.anonymous_id is null then seen.user_id end
            is not distinct from devices.user_id
    left join {{ ref('int_customer_merges') }} as customer_merges
        on seen.user_id = customer_merges.customer_id

),

resolved_pairs as (

    select
        id_pairs.anonymous_id,
        id_pairs.user_id,
        id_pairs.device_key,
        coalesce(customers.person_key, visitors.person_key) as person_key,
        case
            when customers.person_key is null and visitors.person_key is null
                then id_pairs.device_key
        end as shared_device_key
    from id_pairs
    left join persons as customers on id_pairs.customer_id = customers.customer_id
    left join persons as visitors on id_pairs.device_key = visitors.device_key

)

select * from resolved_pairs
