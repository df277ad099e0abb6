{{ config(materialized='view') }}

-- Orders as the KPIs count them: valid and not cancelled by the as-of date; a refund does not undo
-- a purchase here. With all that any KPI asks of an order, money in the reporting currency.

with

booked_orders as (

    select * from {{ ref('int_order_details') }}
    where is_booked

)

select * from booked_orders
