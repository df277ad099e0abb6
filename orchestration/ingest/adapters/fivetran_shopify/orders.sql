select
    record,
    id as order_id,
    coalesce(customer_id, email_key(email)) as customer_id,
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
    coalesce(
        total_shipping_price_set_shop_amount, shop_money(as_json(total_shipping_price_set))
    ) as total_shipping,
    total_tax,
    total_price,
    taxes_included,
    cart_token as cart_id,
    source_name as source_channel,
    url_parameter(landing_site_base_url, 'utm_source') as utm_source,
    url_parameter(landing_site_base_url, 'utm_medium') as utm_medium,
    url_parameter(landing_site_base_url, 'utm_campaign') as utm_campaign,
    country_code(
        coalesce(shipping_address_country_code, billing_address_country_code)
    ) as country,
    test as is_test,
    fivetran_deleted as is_deleted
from order_rows
