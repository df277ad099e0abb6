with

person_rows as (

    select
        *,
        coalesce(billing_email, text_at(as_json(billing), '$.email')) as address,
        coalesce(
            date_created_gmt,
            cast(
                try_strptime(
                    order_date, ['%m/%d/%Y %H:%M:%S', '%m/%d/%Y %H:%M', '%m/%d/%Y']
                ) as varchar
            ),
            order_date
        ) as ordered_at,
        as_json(meta_data) as metas
    from order_rows

),

read_orders as (

    select
        *,
        coalesce(nullif(nullif(customer_id, '0'), ''), email_key(address)) as person,
        coalesce(type, 'shop_order') = 'shop_order_refund' as is_refund,
        status_word(status) = 'set_aside' as is_draft,
        coalesce(date_paid_gmt, paid_date) as paid_at,
        coalesce(billing_country, text_at(as_json(billing), '$.country')) as country
    from person_rows

)

select * from read_orders
