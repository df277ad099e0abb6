select
    record,
    shopify_id(id) as order_id,
    coalesce(
        shopify_id(text_at(as_json(customer), '$.id')),
        email_key(coalesce(email, text_at(as_json(customer), '$.email')))
    ) as customer_id,
    created_at,
    updated_at,
    cancelled_at,
    financial_status,
    fulfillment_status,
    currency,
    coalesce(shop_money(as_json(total_price_set)), total_price) as total_price,
    coalesce(shop_money(as_json(subtotal_price_set)), subtotal_price) as subtotal_price,
    coalesce(shop_money(as_json(total_discounts_set)), total_discounts) as total_discounts,
    coalesce(shop_money(as_json(total_tax_set)), total_tax) as total_tax,
    coalesce(
        shop_money(as_json(total_shipping_price_set)),
        cast(
            list_sum(list_transform(
                nodes(as_json(shipping_lines)),
                lambda line: amount(coalesce(
                    shop_money(json_extract(line, '$.price_set')), text_at(line, '$.price')
                ))
            )) as varchar
        )
    ) as total_shipping,
    case
        when lower(taxes_included) = 'true'
            then list_sum(list_transform(
                flatten(list_transform(
                    nodes(as_json(shipping_lines)),
                    lambda line: json_extract(line, '$.tax_lines[*].price')
                )),
                lambda price: amount(price ->> '$')
            ))
    end as shipping_tax,
    taxes_included,
    test,
    coalesce(text_at(as_json(discount_codes), '$[0].code'), discount_code) as coupon_code,
    cart_token,
    source_name,
    landing_site,
    country_code(coalesce(
        text_at(as_json(shipping_address), '$.country_code'),
        text_at(as_json(shipping_address), '$.countryCodeV2'),
        text_at(as_json(billing_address), '$.country_code'),
        text_at(as_json(billing_address), '$.countryCodeV2')
    )) as country,
    as_json(customer) as customer,
    coalesce(email, text_at(as_json(customer), '$.email')) as email,
    nodes(as_json(line_items)) as line_items,
    nodes(as_json(refunds)) as refunds
from order_objects
