select
    record,
    id as order_id,
    customer_id,
    paid_at as created_at,
    'paid' as status,
    upper(currency) as currency,
    minor_amount(subtotal, currency) as subtotal_price,
    minor_amount(tax, currency) as total_tax,
    minor_amount(amount_paid, currency) as total_price,
    subscription_id,
    lower(livemode) = 'false' as is_test,
    is_deleted
from paid_invoices
where not is_charged
