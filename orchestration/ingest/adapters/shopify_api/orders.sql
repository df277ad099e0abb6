select
    record,
    order_id,
    customer_id,
    created_at,
    updated_at,
    cancelled_at,
    case
        when cancelled_at is not null then 'cancelled'
        when status_word(financial_status) = 'paid' and lower(fulfillment_status) = 'fulfilled'
            then 'fulfilled'
        else coalesce(status_word(financial_status), financial_status)
    end as status,
    currency,
    subtotal_price,
    total_discounts,
    total_shipping,
    total_tax,
    total_price,
    taxes_included,
    shipping_tax,
    cart_token as cart_id,
    source_name as source_channel,
    url_parameter(landing_site, 'utm_source') as utm_source,
    url_parameter(landing_site, 'utm_medium') as utm_medium,
    url_parameter(landing_site, 'utm_campaign') as utm_campaign,
    coupon_code,
    country,
    test as is_test
from read_orders
