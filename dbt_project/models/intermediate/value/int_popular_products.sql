-- Products sold in the quarter before a day, the ones with most customers in it first, ties by id.

with

product_sales as (

    select
        purpose,
        item as product_id,
        count(*) as customers
    from {{ ref('int_item_customers') }}
    where kind = 'product' and is_recent
    group by
        purpose,
        item

),

popular_products as (

    select
        purpose,
        product_id,
        customers,
        row_number() over (
            partition by purpose
            order by customers desc, product_id asc
        ) as place
    from product_sales

)

select * from popular_products
