with

priced_hits as (

    select
        *,
        coalesce(
            text_at(as_json(ecommerce), '$.purchase_revenue'), param['value']
        ) as total_price
    from read_hits
    where event_name = 'purchase' and order_id is not null

)

-- Repeats are reloads of the page that thanks for the order.
select * from priced_hits
where total_price is not null and param['currency'] is not null
qualify row_number() over (partition by order_id order by occurred_at, event_id, record) = 1
