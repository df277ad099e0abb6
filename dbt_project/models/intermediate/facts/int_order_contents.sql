-- What the lines of each valid order add up to. What its products cost is known only where every
-- line has a product with a unit cost.

with

order_contents as (

    select
        order_id,
        cast(sum(quantity) as decimal(38, 4)) as units,
        case
            when count(*) = count(unit_cost)
                then cast(
                    sum(cast(quantity as decimal(28, 4)) * unit_cost) as decimal(38, 10)
                )
        end as product_cost
    from {{ ref('int_order_lines') }}
    group by order_id

)

select * from order_contents
