select
    record,
    event_id,
    case type
        when 'action' then 'Page Viewed'
        when 'search' then 'Products Searched'
        when 'event' then coalesce(text_at(action, '$.eventAction'), 'event')
        when 'goal' then 'Goal Reached'
        when 'ecommerceOrder' then 'Order Completed'
        when 'ecommerceAbandonedCart' then 'Cart Abandoned'
        else type
    end as event_name,
    occurred_at,
    visitor_id as anonymous_id,
    known as user_id,
    id_visit as session_id,
    order_id,
    text_at(action, '$.revenue') as value,
    case when text_at(action, '$.revenue') is not null then site_currency end as currency,
    text_at(action, '$.url') as page_url,
    case when place = 1 then referrer_url end as referrer,
    case when place = 1 then campaign_source end as utm_source,
    case when place = 1 then campaign_medium end as utm_medium,
    case
        when place = 1 and (campaign_source is not null or referrer_type = 'campaign')
            then campaign_name
    end as utm_campaign,
    lower(device_type) as device_type,
    country_code(nullif(country_code, 'xx')) as country,
    nullif(
        json_merge_patch(
            '{}',
            json_object(
                'page_title', text_at(action, '$.pageTitle'),
                'event_category', text_at(action, '$.eventCategory'),
                'event_name', text_at(action, '$.eventName'),
                'keyword', text_at(action, '$.siteSearchKeyword'),
                'goal', text_at(action, '$.goalName'),
                'value', text_at(action, '$.eventValue')
            )
        ),
        '{}'
    ) as properties
from actions
