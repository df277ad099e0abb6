with

-- Of an invoice that came in several syncs, the last.
present_invoices as (

    select * from invoice_rows
    qualify row_number() over (partition by id order by fivetran_synced desc, record desc) = 1

),

charges as (

    select
        invoice_id,
        min(created) as charged_at,
        bool_or(status = 'succeeded') as is_charged
    from charge_rows
    where invoice_id is not null
    group by invoice_id

),

items as (

    select
        item_rows.invoice_id,
        max(item_rows.period_end) as paid_until,
        max(
            coalesce(try_cast(prices.recurring_interval_count as integer), 1)
            * case prices.recurring_interval when 'month' then 1 when 'year' then 12 end
        ) as interval_months,
        sum(
            try_cast(item_rows.amount as decimal(18, 4))
            / coalesce(try_cast(prices.recurring_interval_count as integer), 1)
            * case prices.recurring_interval
                when 'year' then 1.0 / 12
                when 'week' then 52.0 / 12
                when 'day' then 365.0 / 12
                else 1
            end
        ) filter (where coalesce(lower(item_rows.proration), 'false') <> 'true') as monthly_minor
    from item_rows
    left join (
        select
            id,
            any_value(recurring_interval) as recurring_interval,
            any_value(recurring_interval_count) as recurring_interval_count
        from price_rows
        group by id
    ) as prices
        on coalesce(item_rows.price_id, item_rows.plan_id) = prices.id
    group by item_rows.invoice_id

)

select
    present_invoices.*,
    coalesce(
        present_invoices.status_transitions_paid_at,
        charges.charged_at,
        present_invoices.created,
        present_invoices.period_start
    ) as paid_at,
    coalesce(charges.is_charged, false) or present_invoices.charge_id is not null as is_charged,
    items.paid_until,
    items.interval_months,
    cast(
        minor_amount(items.monthly_minor, present_invoices.currency) as decimal(18, 4)
    ) as monthly,
    row_number() over (
        partition by present_invoices.subscription_id
        order by
            coalesce(
                present_invoices.status_transitions_paid_at,
                charges.charged_at,
                present_invoices.created,
                present_invoices.period_start
            ),
            present_invoices.id
    ) as place
from present_invoices
left join charges on present_invoices.id = charges.invoice_id
left join items on present_invoices.id = items.invoice_id
where
    (lower(present_invoices.paid) = 'true' or present_invoices.status = 'paid')
    and try_cast(present_invoices.amount_paid as decimal(18, 4)) > 0
