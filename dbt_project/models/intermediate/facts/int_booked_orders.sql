{{ config(materialized='view') }}

-- Orders as the KPIs count them: valid and not cancelled by the as-of date; a refund does not undo
-- a purchase here. With all that any KPI asks of an order, money in the reporting currency.

with

booked_orders as (

    select
        order_id,
        person_key,
        is_guest,
        created_at,
        order_date,
        status,
        currency,
        is_confirmed,
        cancelled_on,
        is_missing_rate,
        order_value,
        refunded_value,
        has_refund,
        discount_value,
        units,
        product_cost,
        channel,
        campaign,
        country,
        cart_id,
        subscription_id,
        referral_code,
        affiliate_id,
        coupon_code,
        has_coupon,
        affiliate_commission,
        promised_on,
        delivered_on,
        delivery_due_on,
        is_late,
        order_number,
        previous_order_on
    from {{ ref('int_order_details') }}
    where is_booked

)

select * from booked_orders
