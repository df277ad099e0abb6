with

invoice_rows as (

    select
        *,
        sum(cast(amount(quantity) * amount(unit_price) as decimal(18, 4))) over invoice as total,
        min(invoice_date) over invoice as first_date,
        first_value(customer_id ignore nulls) over from_first as buyer,
        first_value(email ignore nulls) over from_first as address,
        first_value(status ignore nulls) over from_first as first_status
    from sold_lines
    window
        invoice as (partition by invoice_no),
        from_first as (
            partition by invoice_no
            order by line_number
            rows between unbounded preceding and unbounded following
        )

)

select
    record,
    invoice_no as order_id,
    coalesce(person_id(buyer), email_key(address)) as customer_id,
    first_date as created_at,
    coalesce(status_word(first_status), first_status, 'paid') as status,
    currency,
    total as total_price,
    channel as source_channel,
    country_code(country) as country
from invoice_rows
where line_number = 1
