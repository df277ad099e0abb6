select
    record,
    case
        when record not in (select record from paid_invoices)
            then 'invoice not paid, or an older sync of it'
        else 'invoice paid by a charge'
    end as reason
from invoice_rows
where
    record not in (select record from paid_invoices where not is_charged)
    and record not in (
        select record from paid_invoices
        where
            subscription_id is not null
            and customer_id is not null
            and (place = 1 or billing_reason in ('subscription_cycle', 'subscription_update'))
    )
