with

subscription_invoices as (

    select
        id,
        any_value(subscription_id) as subscription_id
    from invoice_rows
    where subscription_id is not null
    group by id

)

select
    charge_rows.record,
    charge_rows.id || ':failed' as event_id,
    'Payment Failed' as event_name,
    charge_rows.created as occurred_at,
    charge_rows.customer_id as user_id,
    minor_amount(charge_rows.amount, charge_rows.currency) as value,
    upper(charge_rows.currency) as currency,
    json_object('subscription_id', subscription_invoices.subscription_id) as properties
from charge_rows
inner join subscription_invoices on charge_rows.invoice_id = subscription_invoices.id
where charge_rows.status = 'failed' and charge_rows.customer_id is not null
