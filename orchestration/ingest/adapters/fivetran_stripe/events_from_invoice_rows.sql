with

told_invoices as (

    select
        *,
        case
            when place = 1 then 'Subscription Started'
            when billing_reason = 'subscription_cycle' then 'Subscription Renewed'
            when billing_reason = 'subscription_update' then 'Subscription Changed'
        end as event_name
    from paid_invoices
    where subscription_id is not null and customer_id is not null

)

select
    record,
    id || ':paid' as event_id,
    event_name,
    paid_at as occurred_at,
    customer_id as user_id,
    monthly as value,
    upper(currency) as currency,
    json_merge_patch(
        '{}',
        json_object(
            'subscription_id', subscription_id,
            'interval_months', interval_months,
            'paid_until', cast(try_cast(paid_until as timestamp) as date)
        )
    ) as properties
from told_invoices
where event_name is not null
