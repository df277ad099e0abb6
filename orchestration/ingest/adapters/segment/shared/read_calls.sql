with

typed_calls as (

    select
        *,
        coalesce(
            lower(type),
            case
                when event is not null or event_text is not null then 'track'
                when url is not null or path is not null then 'page'
                else 'identify'
            end
        ) as call,
        as_json(properties) as own,
        as_json(traits) as trait,
        as_json(context) as around,
        cast(try_cast(original_timestamp as timestamptz) as timestamptz) as made_at,
        try_cast(sent_at as timestamptz) as left_at,
        try_cast(received_at as timestamptz) as came_at
    from calls

),

read_calls as (

    select
        record,
        id as event_id,
        call,
        case call
            when 'track' then coalesce(event_text, event)
            when 'page' then 'Page Viewed'
            when 'screen' then 'Screen Viewed'
            when 'identify' then 'Identify'
            when 'group' then 'Group'
        end as event_name,
        coalesce(
            timestamp,
            cast(timezone('UTC', came_at - (left_at - made_at)) as varchar) || 'Z',
            original_timestamp,
            received_at
        ) as occurred_at,
        received_at,
        person_id(anonymous_id) as anonymous_id,
        person_id(user_id) as user_id,
        person_id(previous_id) as previous_id,
        coalesce(group_id, text_at(around, '$.groupId')) as group_id,
        coalesce(
            cart_id, text_at(own, '$.cart_id'), checkout_id, text_at(own, '$.checkout_id')
        ) as cart_id,
        coalesce(order_id, text_at(own, '$.order_id')) as order_id,
        coalesce(
            product_id, text_at(own, '$.product_id'), sku, text_at(own, '$.sku')
        ) as product_id,
        coalesce(quantity, text_at(own, '$.quantity')) as quantity,
        coalesce(currency, text_at(own, '$.currency')) as currency,
        coalesce(
            value, text_at(own, '$.value'), price, text_at(own, '$.price'),
            revenue, text_at(own, '$.revenue'), total, text_at(own, '$.total')
        ) as value,
        coalesce(
            url, text_at(own, '$.url'), context_page_url, text_at(around, '$.page.url')
        ) as page_url,
        coalesce(
            referrer, text_at(own, '$.referrer'), context_page_referrer,
            text_at(around, '$.page.referrer')
        ) as referrer,
        coalesce(context_campaign_source, text_at(around, '$.campaign.source')) as utm_source,
        coalesce(context_campaign_medium, text_at(around, '$.campaign.medium')) as utm_medium,
        coalesce(context_campaign_name, text_at(around, '$.campaign.name')) as utm_campaign,
        coalesce(
            total,
            text_at(own, '$.total'),
            cast(
                amount(coalesce(revenue, text_at(own, '$.revenue')))
                + coalesce(amount(coalesce(shipping, text_at(own, '$.shipping'))), 0)
                + coalesce(amount(coalesce(tax, text_at(own, '$.tax'))), 0)
                as varchar
            ),
            value,
            text_at(own, '$.value')
        ) as total_price,
        coalesce(total, text_at(own, '$.total')) as refunded_total,
        coalesce(subtotal, text_at(own, '$.subtotal')) as subtotal_price,
        coalesce(discount, text_at(own, '$.discount')) as total_discounts,
        coalesce(shipping, text_at(own, '$.shipping')) as total_shipping,
        coalesce(tax, text_at(own, '$.tax')) as total_tax,
        coalesce(coupon, text_at(own, '$.coupon')) as coupon_code,
        coalesce(as_json(products), json_extract(own, '$.products')) as products,
        coalesce(email, text_at(trait, '$.email')) as email,
        coalesce(
            first_name, text_at(trait, '$.firstName'), text_at(trait, '$.first_name')
        ) as first_name,
        coalesce(
            last_name, text_at(trait, '$.lastName'), text_at(trait, '$.last_name')
        ) as last_name,
        coalesce(
            created_at, text_at(trait, '$.createdAt'), text_at(trait, '$.created_at')
        ) as customer_created_at,
        country_code(coalesce(
            country, text_at(trait, '$.address.country'), text_at(trait, '$.country')
        )) as country,
        coalesce(city, text_at(trait, '$.address.city'), text_at(trait, '$.city')) as city,
        json_merge_patch(
            coalesce(as_json(other_columns), '{}'),
            coalesce(own, '{}'),
            json_object('name', case when call in ('page', 'screen') then name end)
        ) as properties
    from typed_calls

)

select * from read_calls
