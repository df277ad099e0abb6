with

charges as (

    select
        invoice_id,
        min(id) filter (where status = 'succeeded') as charge_id
    from charge_rows
    where invoice_id is not null
    group by invoice_id

),

invoices as (

    select
        id,
        any_value(currency) as currency
    from invoice_rows
    group by id

),

prices as (

    select
        id,
        any_value(product_id) as product_id
    from price_rows
    group by id

)

select
    item_rows.record,
    coalesce(charges.charge_id, item_rows.invoice_id) as order_id,
    row_number() over (partition by item_rows.invoice_id order by item_rows.id) as line_number,
    coalesce(
        prices.product_id, item_rows.price_id, item_rows.plan_id, item_rows.id
    ) as product_id,
    coalesce(item_rows.quantity, '1') as quantity,
    minor_amount(
        try_cast(item_rows.amount as decimal(18, 4))
        / coalesce(nullif(try_cast(item_rows.quantity as decimal(18, 4)), 0), 1),
        invoices.currency
    ) as unit_price
from item_rows
left join charges on item_rows.invoice_id = charges.invoice_id
left join invoices on item_rows.invoice_id = invoices.id
left join prices on coalesce(item_rows.price_id, item_rows.plan_id) = prices.id
where try_cast(item_rows.amount as decimal(18, 4)) >= 0
