-- Lines of valid orders; what they are worth adds up to their order.

with

order_lines as (

    select
        order_id,
        line_number,
        product_id,
        category,
        brand,
        quantity,
        net_amount,
        unit_cost
    from {{ ref('int_order_lines') }}

)

select * from order_lines
