select
    record,
    event_id,
    event_name,
    occurred_at,
    user_pseudo_id as anonymous_id,
    user_id,
    param['ga_session_id'] as session_id,
    order_id,
    case
        when event_name in ('add_to_cart', 'view_item', 'remove_from_cart')
            then coalesce(text_at(item_list, '$[0].item_id'), text_at(item_list, '$[0].item_name'))
    end as product_id,
    case
        when event_name in ('add_to_cart', 'view_item', 'remove_from_cart')
            then text_at(item_list, '$[0].quantity')
    end as quantity,
    coalesce(param['value'], text_at(as_json(ecommerce), '$.purchase_revenue')) as value,
    param['currency'] as currency,
    param['page_location'] as page_url,
    param['page_referrer'] as referrer,
    coalesce(
        text_at(as_json(collected_traffic_source), '$.manual_source'), param['source']
    ) as utm_source,
    coalesce(
        text_at(as_json(collected_traffic_source), '$.manual_medium'), param['medium']
    ) as utm_medium,
    coalesce(
        text_at(as_json(collected_traffic_source), '$.manual_campaign_name'), param['campaign']
    ) as utm_campaign,
    text_at(as_json(device), '$.category') as device_type,
    country_code(text_at(as_json(geo), '$.country')) as country,
    json_merge_patch(
        coalesce(other_columns, '{}'),
        coalesce(to_json(param), '{}'),
        json_object(
            'items', case when json_array_length(item_list) > 0 then item_list end,
            'ecommerce', as_json(ecommerce)
        )
    ) as properties
from read_hits
