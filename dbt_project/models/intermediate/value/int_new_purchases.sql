-- What customers who had bought before the last quarter bought in it for the first time: what a
-- recommendation made on its eve should have named.

with

bought_products as (

    select
        purpose,
        item as product_id,
        person_key
    from {{ ref('int_item_customers') }}
    where kind = 'product'

),

known_customers as (

    select person_key
    from bought_products
    where purpose = 'trial'
    group by person_key

),

new_purchases as (

    select
        today.person_key,
        today.product_id
    from bought_products as today
    inner join known_customers on today.person_key = known_customers.person_key
    left join bought_products as earlier
        on
            today.person_key = earlier.person_key
            and today.product_id = earlier.product_id
            and earlier.purpose = 'trial'
    where
        today.purpose = 'today'
        and earlier.person_key is null

)

select * from new_purchases
