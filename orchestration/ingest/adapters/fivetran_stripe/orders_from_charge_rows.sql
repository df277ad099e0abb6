with

invoices as (

    select
        id,
        max_by(tax, fivetran_synced) as tax,
        max_by(subtotal, fivetran_synced) as subtotal,
        max_by(subscription_id, fivetran_synced) as subscription_id
    from invoice_rows
    group by id

)

select
    charge_rows.record,
    charge_rows.id as order_id,
    charge_rows.customer_id,
    charge_rows.created as created_at,
    case
        when charge_rows.status = 'failed' then 'failed'
        when lower(charge_rows.captured) = 'false' then 'pending'
        when
            lower(charge_rows.refunded) = 'true'
            or amount(charge_rows.amount_refunded) >= amount(charge_rows.amount)
            then 'refunded'
        when amount(charge_rows.amount_refunded) > 0 then 'partially_refunded'
        else coalesce(status_word(charge_rows.status), charge_rows.status)
    end as status,
    upper(charge_rows.currency) as currency,
    minor_amount(invoices.subtotal, charge_rows.currency) as subtotal_price,
    minor_amount(invoices.tax, charge_rows.currency) as total_tax,
    minor_amount(charge_rows.amount, charge_rows.currency) as total_price,
    invoices.subscription_id,
    lower(charge_rows.livemode) = 'false' as is_test
from charge_rows
left join invoices on charge_rows.invoice_id = invoices.id
