-- The events of the seconds from_second .. until_second - 1 in the columns of the raw contract.
with

month_events as (

    select
        rowid as event_no,
        *,
        -- One key, since a left join on a condition of its left side would try every pair.
        if(kind_no = 3, product_no * 3 + currency_no, null) as price_no
    from events
    where second >= getvariable('from_second') and second < getvariable('until_second')

),

-- A little natural dirt: a loader that sent a row twice, and ids used for two contents.
sent_events as (

    select *, 0 as copy_no
    from month_events
    union all
    select *, 1 as copy_no
    from month_events
    where event_no % 4001 = 17
    union all
    select *, 2 as copy_no
    from month_events
    where event_no % 7001 = 23 and second + 7 < getvariable('days') * 86400

)

select
    'e' || cast(getvariable('first_event') + sent_events.event_no as varchar) as event_id,
    if(sent_events.is_ga4, event_kinds.ga4_name, event_kinds.segment_name) as event_name,
    moment(sent_events.second + if(sent_events.copy_no = 2, 7, 0)) as occurred_at,
    -- One event in seventy comes up to three days late, as from phones without a network.
    moment(
        sent_events.second + 1 + sent_events.event_no % 4
        + if(sent_events.event_no % 71 = 5, draw(sent_events.event_no, 220, 259200), 0)
        + if(sent_events.copy_no = 2, 86400, 0)
    ) as received_at,
    if(
        sent_events.device_no is null,
        null,
        'a' || cast(10000000 + sent_events.device_no as varchar)
    ) as anonymous_id,
    case sent_events.user_mode
        when 1 then customer_text(sent_events.person)
        when 2 then duplicate_text(sent_events.person)
        -- Some trackers write the word instead of leaving the field out.
        else if(sent_events.event_no % 499 = 3, 'undefined', null)
    end as user_id,
    if(
        sent_events.has_session_id,
        's' || cast(sent_events.session_no as varchar),
        null
    ) as session_id,
    if(
        sent_events.cart_no is null, null, 'k' || cast(sent_events.cart_no as varchar)
    ) as cart_id,
    if(
        sent_events.order_no is null,
        null,
        'o' || cast(1000000000 + sent_events.order_no as varchar)
    ) as order_id,
    products.product_id,
    cast(sent_events.quantity as decimal(9, 0)) as quantity,
    case
        when sent_events.kind_no = 48 then null
        else money(coalesce(sent_events.value_cents, cart_prices.unit_cents))
    end as value,
    if(sent_events.kind_no in (3, 32, 33, 34, 35, 61, 62), currencies.currency, null) as currency,
    case
        when sent_events.device_no is null or sent_events.kind_no in (9, 12, 13, 14, 15, 22)
            then null
        when sent_events.product_no is not null
            then 'https://shop.example/products/' || lower(products.product_id)
        when sent_events.kind_no = 4 then 'https://shop.example/checkout'
        when sent_events.kind_no in (5, 6) then 'https://shop.example/search'
        when sent_events.kind_no in (7, 8, 10, 11) then 'https://shop.example/magazine'
        when sent_events.kind_no between 16 and 19 then 'https://shop.example/account'
        when sent_events.kind_no in (21, 63, 64) then 'https://shop.example/help'
        else 'https://shop.example/'
    end || case
        when channel_marks.query is null then ''
        when channel_marks.has_click_id
            then channel_marks.query || 'x' || cast(sent_events.event_no as varchar)
        else channel_marks.query
    end as page_url,
    channel_marks.referrer,
    channel_marks.utm_source,
    channel_marks.utm_medium,
    channel_marks.utm_campaign,
    case
        when sent_events.device_no is null then null
        when sent_events.device_no % 4 = 1 or draw(sent_events.device_no, 221, 100) < 35
            then 'mobile'
        when draw(sent_events.device_no, 221, 100) < 42 then 'tablet'
        else 'desktop'
    end as device_type,
    countries.country,
    case
        when sent_events.kind_no in (5, 6) then '{"query":"'
            || ['espresso', 'decaf', 'grinder', 'green tea'][1 + sent_events.second % 4] || '"}'
        when sent_events.kind_no between 7 and 11 or sent_events.kind_no in (63, 64)
            then '{"content_type":"' || event_kinds.kind || '","content_id":"c'
                || cast(sent_events.second % 24 as varchar) || '"}'
        when sent_events.kind_no in (12, 13, 14, 15) then '{"network":"instagram"}'
        when sent_events.kind_no in (21, 22)
            then '{"chat_id":"ch' || cast(sent_events.session_no as varchar) || '"}'
        when sent_events.kind_no in (30, 31)
            then '{"trial_id":"tr' || cast(sent_events.reference as varchar) || '"}'
        when sent_events.kind_no between 32 and 35 or sent_events.kind_no in (61, 62)
            then '{"subscription_id":"' || subscription_text(sent_events.reference) || '"'
                || coalesce(
                    ',"interval_months":' || cast(sent_events.detail as varchar), ''
                )
                || coalesce(
                    if(sent_events.kind_no = 35, ',"ends_on":"', ',"paid_until":"')
                    || cast(date_on(sent_events.until_day) as varchar)
                    -- Some plans state an instant where a day is meant.
                    || if(sent_events.reference % 3 = 0, 'T12:00:00Z"', '"'),
                    ''
                )
                || '}'
        when sent_events.kind_no = 39 then '{"feature":"'
            || ['reorder', 'invoices', 'team', 'budget'][1 + sent_events.second % 4] || '"}'
        when sent_events.kind_no between 40 and 42
            then '{"ticket_id":"t' || cast(sent_events.reference as varchar) || '","topic":"'
                || ['delivery', 'product', 'order', 'billing', 'plan'][sent_events.detail]
                || '"}'
        when sent_events.kind_no in (43, 45)
            then '{"survey":"nps","survey_id":"sv' || cast(sent_events.reference as varchar)
                || '"}'
        when sent_events.kind_no in (44, 46)
            then '{"survey":"csat","survey_id":"sv' || cast(sent_events.reference as varchar)
                || '"}'
        when sent_events.kind_no = 48
            then '{"rating":' || cast(sent_events.value_cents // 100 as varchar) || '}'
        when sent_events.kind_no in (49, 50)
            then '{"referral_id":"rf' || cast(sent_events.reference as varchar) || '"}'
        when sent_events.kind_no = 51
            then '{"referral_id":"rf' || cast(sent_events.reference as varchar)
                || '","referred_customer_id":"' || customer_text(sent_events.other_person)
                || '"}'
        when sent_events.kind_no between 55 and 60 or sent_events.kind_no between 68 and 71
            then '{"message_id":"m' || cast(sent_events.reference as varchar)
                || '","campaign":"letter-'
                || cast(sent_events.reference // 10000000 as varchar)
                || if(sent_events.reference % 2 = 0, '","variant":"a"', '","variant":"b"')
                || ',"channel":"email"}'
    end as properties
from sent_events
inner join event_kinds on event_kinds.kind_no = sent_events.kind_no
inner join countries on countries.country_no = sent_events.country_no
left join currencies on currencies.currency_no = sent_events.currency_no
left join channel_marks on channel_marks.mark_no = sent_events.mark_no
left join products on products.product_no = sent_events.product_no
left join product_prices as cart_prices on cart_prices.price_no = sent_events.price_no
order by sent_events.copy_no, sent_events.event_no
