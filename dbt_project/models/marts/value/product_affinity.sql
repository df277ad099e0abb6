-- Which products, and which categories, the same customers buy.

with

product_affinity as (

    select
        kind,
        item_a,
        item_b,
        place as rank,
        customers,
        customers_a,
        customers_b,
        customers_both,
        {{ exact_ratio('customers_both', 'customers', 0) }} as support,
        confidence,
        {{ exact_ratio('customers_both * customers', 'customers_a * customers_b', 0) }} as lift,
        customers_after,
        median_days
    from {{ ref('int_item_pairs') }}
    where purpose = 'today'

)

select * from product_affinity
