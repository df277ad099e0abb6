-- Law: every valid order up to the as-of date has one row with an owner and a value, and so has
-- every refund of such an order.

{{ config(meta={'dagster': {'ref': {'name': 'int_orders'}}}) }}

with

counts as (

    select
        'orders' as name,
        (
            select count(*)
            from {{ ref('stg_orders') }} as orders
            cross join {{ ref('int_settings') }} as settings
            where
                orders.is_valid
                and {{ local_date('orders.created_at') }} <= settings.as_of_date
        ) as staged_rows,
        (select count(*) from {{ ref('int_orders') }}) as found_rows

    union all

    select
        'refunds' as name,
        (
            select count(*)
            from {{ ref('stg_refunds') }} as refunds
            cross join {{ ref('int_settings') }} as settings
            where {{ local_date('refunds.created_at') }} <= settings.as_of_date
        ) as staged_rows,
        (select count(*) from {{ ref('int_refunds') }}) as found_rows

),

wrong_counts as (

    select * from counts where staged_rows <> found_rows

)

select * from wrong_counts
