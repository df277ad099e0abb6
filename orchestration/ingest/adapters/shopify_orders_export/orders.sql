with

first_rows as (

    select * from export_rows
    where total is not null or financial_status is not null
    qualify row_number() over (partition by coalesce(id, name) order by record) = 1

)

select
    record,
    coalesce(id, ltrim(name, '#')) as order_id,
    email_key(email) as customer_id,
    created_at,
    cancelled_at,
    case
        when cancelled_at is not null then 'cancelled'
        when status_word(financial_status) = 'paid' and lower(fulfillment_status) = 'fulfilled'
            then 'fulfilled'
        else coalesce(status_word(financial_status), financial_status)
    end as status,
    currency,
    subtotal as subtotal_price,
    discount_amount as total_discounts,
    shipping as total_shipping,
    taxes as total_tax,
    total as total_price,
    case
        when amount(taxes) is null or amount(taxes) = 0 then null
        when
            abs(amount(total) - amount(subtotal) - amount(shipping) - coalesce(amount(duties), 0))
            <= 0.01
            then true
        when
            abs(
                amount(total) - amount(subtotal) - amount(shipping) - coalesce(amount(duties), 0)
                - amount(taxes)
            ) <= 0.01
            then false
    end as taxes_included,
    source as source_channel,
    split_part(discount_code, ', ', 1) as coupon_code,
    country_code(coalesce(shipping_country, billing_country)) as country,
    payment_method ilike '%bogus%' as is_test
from first_rows
