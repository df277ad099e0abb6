select
    record,
    uuid as event_id,
    case event
        when '$pageview' then 'Page Viewed'
        when '$screen' then 'Screen Viewed'
        when '$identify' then 'Identify'
        else event
    end as event_name,
    timestamp as occurred_at,
    coalesce(created_at, inserted_at) as received_at,
    case when anonymous is distinct from known then anonymous end as anonymous_id,
    known as user_id,
    text_at(own, '$."$session_id"') as session_id,
    text_at(own, '$.cart_id') as cart_id,
    text_at(own, '$.order_id') as order_id,
    text_at(own, '$.product_id') as product_id,
    text_at(own, '$.quantity') as quantity,
    text_at(own, '$.value') as value,
    text_at(own, '$.currency') as currency,
    text_at(own, '$."$current_url"') as page_url,
    nullif(text_at(own, '$."$referrer"'), '$direct') as referrer,
    text_at(own, '$.utm_source') as utm_source,
    text_at(own, '$.utm_medium') as utm_medium,
    text_at(own, '$.utm_campaign') as utm_campaign,
    text_at(own, '$."$device_type"') as device_type,
    country_code(text_at(own, '$."$geoip_country_code"')) as country,
    nullif(
        to_json(map_from_entries(list_transform(
            list_filter(json_keys(own), lambda key: not starts_with(key, '$')),
            lambda key: struct_pack(k := key, v := json_extract(own, '$."' || key || '"'))
        ))),
        '{}'
    ) as properties
from read_captures
where not is_technical
