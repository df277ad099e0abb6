select
    record,
    id as order_id,
    person as customer_id,
    ordered_at as created_at,
    date_modified_gmt as updated_at,
    case
        when status_word(status) = 'cancelled' and paid_at is not null then date_modified_gmt
    end as cancelled_at,
    case status_word(status)
        when 'deleted' then 'cancelled'
        else coalesce(status_word(status), status)
    end as status,
    currency,
    discount_total as total_discounts,
    shipping_total as total_shipping,
    total_tax,
    total as total_price,
    false as taxes_included,
    coalesce(
        meta_wc_order_attribution_utm_source,
        list_filter(
            from_json(metas, '[{"key": "VARCHAR", "value": "VARCHAR"}]'),
            lambda meta: meta.key = '_wc_order_attribution_utm_source'
        )[1].value
    ) as utm_source,
    coalesce(
        meta_wc_order_attribution_utm_medium,
        list_filter(
            from_json(metas, '[{"key": "VARCHAR", "value": "VARCHAR"}]'),
            lambda meta: meta.key = '_wc_order_attribution_utm_medium'
        )[1].value
    ) as utm_medium,
    coalesce(
        meta_wc_order_attribution_utm_campaign,
        list_filter(
            from_json(metas, '[{"key": "VARCHAR", "value": "VARCHAR"}]'),
            lambda meta: meta.key = '_wc_order_attribution_utm_campaign'
        )[1].value
    ) as utm_campaign,
    coalesce(
        text_at(as_json(coupon_lines), '$[0].code'),
        nullif(regexp_extract(coupon_items, 'code:([^|;]+)', 1), '')
    ) as coupon_code,
    country_code(country) as country,
    status_word(status) = 'deleted' as is_deleted
from read_orders
where not is_refund and is_draft is not true
