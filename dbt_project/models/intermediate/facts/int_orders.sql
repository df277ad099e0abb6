-- Valid orders up to the as-of date, with their person, their value in the reporting currency and
-- the dates on which they stop to stand. What is dated after the as-of date has not happened yet.

with

settings as (

    select * from {{ ref('int_settings') }}

),

owned_orders as (

    select
        *,
        cast(
            total_price - coalesce(total_tax, 0) - coalesce(total_shipping, 0) as decimal(18, 4)
        ) as net_price
    from {{ ref('int_owned_orders') }}

),

refund_days as (

    select
        refunds.order_id,
        {{ local_date('refunds.created_at') }} as refund_date,
        sum(refunds.amount) as amount
    from {{ ref('stg_refunds') }} as refunds
    cross join settings
    where {{ local_date('refunds.created_at') }} <= settings.as_of_date
    group by
        refunds.order_id,
        {{ local_date('refunds.created_at') }}

),

refunded_to_date as (

    select
        order_id,
        refund_date,
        sum(amount) over (partition by order_id order by refund_date) as amount_to_date
    from refund_days

),

full_refunds as (

    select
        refunded_to_date.order_id,
        min(refunded_to_date.refund_date) as fully_refunded_on
    from refunded_to_date
    inner join owned_orders on refunded_to_date.order_id = owned_orders.order_id
    where refunded_to_date.amount_to_date >= owned_orders.total_price
    group by refunded_to_date.order_id

),

valued_orders as (

    select
        owned_orders.order_id,
        owned_orders.person_key,
        owned_orders.created_at,
        owned_orders.order_date,
        owned_orders.status,
        owned_orders.currency,
        owned_orders.total_price,
        case
            when owned_orders.currency = settings.reporting_currency then 1
            else rates.rate
        end as rate,
        case
            when owned_orders.currency = settings.reporting_currency then owned_orders.net_price
            else cast(round(owned_orders.net_price * rates.rate, 4) as decimal(18, 4))
        end as order_value,
        {{ up_to_as_of(local_date('owned_orders.cancelled_at'), 'settings.as_of_date') }}
            as cancelled_on,
        {{ up_to_as_of(local_date('owned_orders.delivered_at'), 'settings.as_of_date') }}
            as delivered_on,
        owned_orders.delivered_at,
        full_refunds.fully_refunded_on,
        {{ add_days('owned_orders.order_date', var('fulfilment_sla_days')) }} as fulfilment_due_on
    from owned_orders
    cross join settings
    left join {{ ref('int_daily_rates') }} as rates
        on
            owned_orders.currency = rates.currency
            and owned_orders.order_date = rates.date
    left join full_refunds on owned_orders.order_id = full_refunds.order_id

),

orders as (

    select
        *,
        least(cancelled_on, fully_refunded_on) as voided_on
    from valued_orders

)

select * from orders
