select
    record,
    event_id,
    told as event_name,
    occurred_at,
    collector_tstamp as received_at,
    anonymous as anonymous_id,
    known as user_id,
    coalesce(
        domain_sessionid, text_at(mobile, '$.sessionId'), text_at(mobile, '$.session_id')
    ) as session_id,
    coalesce(text_at(basket, '$.cart_id'), text_at(basket, '$.cartId')) as cart_id,
    transaction_id as order_id,
    text_at(products[1], '$.id') as product_id,
    text_at(products[1], '$.quantity') as quantity,
    coalesce(
        text_at(sale, '$.revenue'),
        cast(
            amount(text_at(products[1], '$.price'))
            * coalesce(amount(text_at(products[1], '$.quantity')), 1) as varchar
        )
    ) as value,
    coalesce(
        text_at(sale, '$.currency'), text_at(basket, '$.currency'),
        text_at(products[1], '$.currency')
    ) as currency,
    page_url,
    page_referrer as referrer,
    mkt_source as utm_source,
    mkt_medium as utm_medium,
    mkt_campaign as utm_campaign,
    country_code(geo_country) as country,
    nullif(
        json_merge_patch(
            coalesce(as_json(other_columns), '{}'),
            json_object(
                'page_title', page_title,
                'platform', platform,
                'mkt_clickid', mkt_clickid,
                'products', case when len(products) > 1 then to_json(products) end
            )
        ),
        '{}'
    ) as properties
from read_events
where coalesce(anonymous, known) is not null
