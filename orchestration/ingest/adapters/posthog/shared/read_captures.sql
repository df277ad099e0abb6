with

parsed_captures as (

    select
        *,
        case
            when json_type(as_json(properties)) = 'VARCHAR'
                then as_json(as_json(properties) ->> '$')
            else as_json(properties)
        end as own
    from captures

),

devices as (

    select
        *,
        text_at(own, '$."$device_id"') as device,
        lower(coalesce(text_at(own, '$."$is_identified"'), '')) as identified
    from parsed_captures

)

select
    *,
    person_id(case
        when identified = 'true' then distinct_id
        when identified = 'false' or distinct_id = device then null
        when event = '$identify' then distinct_id
        -- A server sends persons' ids and has no device; a bare device id is a UUID.
        when device is null and not regexp_full_match(distinct_id, '[0-9a-f]{8}-[0-9a-f-]{27}')
            then distinct_id
    end) as known,
    person_id(
        coalesce(device, text_at(own, '$."$anon_distinct_id"'), distinct_id)
    ) as anonymous,
    event in (
        '$autocapture', '$feature_flag_called', '$set', '$groupidentify', '$web_vitals',
        '$exception', '$pageleave', '$rageclick', '$opt_in', '$create_alias', '$merge_dangerously'
    ) as is_technical
from devices
