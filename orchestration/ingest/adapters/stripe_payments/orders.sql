select
    record,
    id as order_id,
    coalesce(customer_id, email_key(customer_email)) as customer_id,
    created_date_utc as created_at,
    case
        when
            lower(status) in ('failed', 'blocked', 'canceled', 'cancelled', 'incomplete')
            or (lower(status) like 'requires%' and lower(status) <> 'requires_capture')
            then 'failed'
        when lower(captured) = 'false' then 'pending'
        when lower(status) = 'refunded' then 'refunded'
        when amount(amount_refunded) >= amount(amount) and amount(amount) > 0 then 'refunded'
        when amount(amount_refunded) > 0 then 'partially_refunded'
        else coalesce(status_word(status), status)
    end as status,
    upper(currency) as currency,
    coalesce(cast(amount(amount) as varchar), amount) as total_price,
    lower(mode) = 'test' as is_test
from payments
